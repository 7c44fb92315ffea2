"""Reads nouns of WordNet 3.0 from the data file of Debian's `wordnet-base`.

The format is wndb(5WN). A synset's offset in `data.noun` is its number in an ImageNet id: `n01440764` is offset 01440764.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Synset:
    """One sense: its names, with spaces for underscores, and the wnids of its direct hypernyms."""

    names: tuple[str, ...]
    hypernyms: tuple[str, ...]


def read_nouns(path: Path) -> dict[str, Synset]:
    """Returns every noun synset of `path` by wnid."""
    nouns = {}
    with path.open(encoding="ascii") as lines:
        for line in lines:
            # Skips the licence at the head, which is indented.
            if not line.startswith("  "):
                wnid, synset = _parse(line)
                nouns[wnid] = synset
    return nouns


def _parse(line: str) -> tuple[str, Synset]:
    fields = line.split(" | ", 1)[0].split()
    name_count = int(fields[3], 16)
    names = fields[4 : 4 + 2 * name_count : 2]
    pointers_at = 4 + 2 * name_count
    pointer_count = int(fields[pointers_at])
    hypernyms = []
    for i in range(pointer_count):
        symbol, offset, part_of_speech, _ = fields[pointers_at + 1 + 4 * i : pointers_at + 5 + 4 * i]
        # "@": hypernym, "@i": instance hypernym.
        if symbol in ("@", "@i") and part_of_speech == "n":
            hypernyms.append(f"n{offset}")
    return f"n{fields[0]}", Synset(tuple(name.replace("_", " ") for name in names), tuple(hypernyms))
