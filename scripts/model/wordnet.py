"""Nouns of WordNet 3.0, read from the data file of Debian's `wordnet-base`.

The format is wndb(5WN). A synset's offset in `data.noun` is its number in an ImageNet id: `n01440764` is offset 01440764.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Synset:
    """One sense: its names, underscores already turned into spaces, and the wnids of the senses directly above it."""

    names: tuple[str, ...]
    hypernyms: tuple[str, ...]


def read_nouns(path: Path) -> dict[str, Synset]:
    """Every noun synset of `path` by its wnid."""
    nouns = {}
    with path.open(encoding="ascii") as lines:
        for line in lines:
            # The licence at the head of the file is indented.
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
        # "@" is a kind of, "@i" an instance of.
        if symbol in ("@", "@i") and part_of_speech == "n":
            hypernyms.append(f"n{offset}")
    return f"n{fields[0]}", Synset(tuple(name.replace("_", " ") for name in names), tuple(hypernyms))
