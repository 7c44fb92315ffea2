"""Checks the names table against WordNet and the ImageNet classes: `check_names.py NAMES_TSV DATA_NOUN CLASS_WNIDS`."""

import sys
from pathlib import Path

from concepts import NamesRow, comment_for, normalized, read_names_table, wordnet_concepts
from wordnet import Synset, read_nouns

# Minimum number of different Korean names.
MIN_KOREAN_NAMES = 1500


def faults(rows: list[NamesRow], nouns: dict[str, Synset], concepts: dict[str, frozenset[int]]) -> list[str]:
    """Returns the table's problems, one sentence each."""
    found = []
    meaning = {}
    for row in rows:
        unknown = [wnid for wnid in row.wnids if wnid not in concepts]
        if unknown:
            found.append(f"line {row.line}: no concept {', '.join(unknown)}")
        elif row.comment != comment_for(row.wnids, nouns):
            found.append(f"line {row.line}: the third column should be: {comment_for(row.wnids, nouns)}")
        for name in row.names:
            # A separator would make several keywords of the name.
            if not normalized(name) or name != " ".join(name.split()) or set(name) & set(",/;|#·"):
                found.append(f"line {row.line}: {name!r} is not a name")
            first = meaning.setdefault(normalized(name), row)
            if first is not row:
                found.append(f"line {row.line}: {name!r} already has its meaning in line {first.line}")
        if len({normalized(name) for name in row.names}) != len(row.names):
            found.append(f"line {row.line}: a name is repeated")
    korean = len(korean_names(rows))
    if korean < MIN_KOREAN_NAMES:
        found.append(f"only {korean} Korean names, fewer than {MIN_KOREAN_NAMES}")
    return found


def korean_names(rows: list[NamesRow]) -> set[str]:
    """Returns the Korean names in the form in which they are compared, so that spellings count once."""
    return {normalized(name) for row in rows for name in row.names if _is_korean(name)}


def _is_korean(name: str) -> bool:
    return any("가" <= letter <= "힣" for letter in name)


def main() -> int:
    names_path, nouns_path, classes_path = map(Path, sys.argv[1:])
    nouns = read_nouns(nouns_path)
    concepts = wordnet_concepts(nouns, classes_path.read_text(encoding="ascii").split())
    rows = read_names_table(names_path)
    found = faults(rows, nouns, concepts)
    for fault in found:
        print(f"{names_path}: {fault}", file=sys.stderr)
    if not found:
        names = sum(len(row.names) for row in rows)
        print(f"{names_path}: {len(rows)} rows, {names} names, {len(korean_names(rows))} of them different Korean ones, all resolved")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
