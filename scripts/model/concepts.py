"""Concepts that keywords can name, each with the classes of the networks that show it.

A concept is a class of a network, a WordNet hypernym of one, or a row of the names table (`crates/vision/data/korean_names.tsv`),
which names the union of several of these. Classes are numbered from 0: first ImageNet's, then the object detector's labels.
"""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from wordnet import Synset

# Synsets under which a label of the object detector counts. Left out are "Person", which it misses too often, "Stationary bicycle",
# which no labelled photo shows, and "Box", which it finds in every flat surface.
DETECTOR_WNIDS = {
    "Bicycle": ("n02834778",),
    "Boot": ("n02872752",),
    "Laptop": ("n03642806",),
    "Chair": ("n03001627",),
    "Cattle": ("n02402425", "n02403003"),
    "Desk": ("n03179701",),
    "Cat": ("n02121808",),
    "Computer mouse": ("n03793489",),
    "Computer monitor": ("n03782006",),
    "Mug": ("n03063599",),
    "Coffee cup": ("n03063599",),
    "Table": ("n04379243",),
    "Bottle": ("n02876657",),
    "High heels": ("n04199027",),
    "Vehicle": ("n04524313",),
    "Footwear": ("n04199027",),
    "Dog": ("n02084071",),
    "Book": ("n07248320",),
    "Camera": ("n02942699",),
    "Car": ("n02958343",),
}
# A hypernym is excluded as too abstract if it is fewer than MIN_DEPTH steps below "entity" ("object", "substance", "location",
# "person", for which ImageNet has only divers, grooms and ballplayers) or above more than MAX_CLASSES of the 1,000 classes
# ("artifact", "organism"; "animal" is above 398).
MIN_DEPTH = 4
MAX_CLASSES = 400


@dataclass(frozen=True)
class NamesRow:
    """Line of the names table: the names mean the union of the concepts."""

    line: int
    wnids: tuple[str, ...]
    names: tuple[str, ...]
    comment: str


def wordnet_concepts(
    nouns: dict[str, Synset], class_wnids: list[str], labels: list[str] | None = None
) -> dict[str, frozenset[int]]:
    """Returns class indices by wnid, for every class and every hypernym that is not too abstract.

    `class_wnids` are ImageNet's classes; the detector's `labels`, by default those of DETECTOR_WNIDS, get the indices after them.
    """
    members = defaultdict(set)
    wnids = [(wnid,) for wnid in class_wnids]
    wnids += [DETECTOR_WNIDS.get(label, ()) for label in labels or DETECTOR_WNIDS]
    for index, synsets in enumerate(wnids):
        pending = list(synsets)
        while pending:
            synset = pending.pop()
            members[synset].add(index)
            pending.extend(nouns[synset].hypernyms)
    classes = {wnid for synsets in wnids for wnid in synsets}

    def is_concrete(wnid: str, indices: set[int]) -> bool:
        return _depth(nouns, wnid) >= MIN_DEPTH and sum(index < len(class_wnids) for index in indices) <= MAX_CLASSES

    return {
        wnid: frozenset(indices) for wnid, indices in members.items() if wnid in classes or is_concrete(wnid, indices)
    }


def read_names_table(path: Path) -> list[NamesRow]:
    """Reads the names table; its header describes the format. Raises ValueError on a malformed line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3:
            raise ValueError(f"{path}:{number}: {len(fields)} columns, not 3")
        wnids, names, comment = fields
        rows.append(NamesRow(number, tuple(wnids.split("+")), tuple(names.split("|")), comment))
    return rows


def comment_for(wnids: tuple[str, ...], nouns: dict[str, Synset]) -> str:
    """Returns the third column: the first name of each synset, for readers."""
    return ", ".join(nouns[wnid].names[0] for wnid in wnids)


def normalized(name: str) -> str:
    """Returns the form in which names are compared, as `name_key` of `crates/domain/src/keyword/` does: NFKC, lower case, only
    letters, marks and numbers, or symbols such as emoji if there are none."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    letters = "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")
    return letters or "".join(char for char in folded if unicodedata.category(char) == "So")


def merge(
    nouns: dict[str, Synset], concepts: dict[str, frozenset[int]], rows: list[NamesRow]
) -> list[tuple[list[str], list[int]]]:
    """Returns every name once, grouped by its classes, as (names, class indices).

    A name shared by several synsets ("crane") means all of them; a name in the table means its row only.
    """
    spelling, classes = {}, defaultdict(set)
    for wnid in sorted(concepts):
        for name in nouns[wnid].names:
            spelling.setdefault(normalized(name), name)
            classes[normalized(name)] |= concepts[wnid]
    for row in rows:
        for name in row.names:
            spelling[normalized(name)] = name
            classes[normalized(name)] = frozenset().union(*(concepts[wnid] for wnid in row.wnids))
    groups = defaultdict(list)
    for key in sorted(classes):
        groups[tuple(sorted(classes[key]))].append(spelling[key])
    return [(names, list(indices)) for indices, names in sorted(groups.items())]


def _depth(nouns: dict[str, Synset], wnid: str) -> int:
    """Returns the length of the shortest path to a synset without hypernyms."""
    return min((1 + _depth(nouns, above) for above in nouns[wnid].hypernyms), default=0)
