"""Concepts that keywords can name, each with the ImageNet classes whose probabilities add up to its value.

A concept is an ImageNet class, a WordNet hypernym of one, or a row of the names table (`crates/vision/data/korean_names.tsv`),
which names the union of several of these.
"""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from wordnet import Synset

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


def wordnet_concepts(nouns: dict[str, Synset], class_wnids: list[str]) -> dict[str, frozenset[int]]:
    """Returns class indices by wnid, for every class and every hypernym that is not too abstract."""
    members = defaultdict(set)
    for index, wnid in enumerate(class_wnids):
        pending = [wnid]
        while pending:
            synset = pending.pop()
            members[synset].add(index)
            pending.extend(nouns[synset].hypernyms)
    classes = set(class_wnids)
    return {
        wnid: frozenset(indices)
        for wnid, indices in members.items()
        if wnid in classes or (_depth(nouns, wnid) >= MIN_DEPTH and len(indices) <= MAX_CLASSES)
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
