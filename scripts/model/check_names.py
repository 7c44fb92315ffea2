"""Checks the names table against WordNet and the ImageNet classes: `check_names.py NAMES_TSV DATA_NOUN CLASS_WNIDS`."""

import sys
from pathlib import Path

from concepts import NamesRow, comment_for, normalized, read_names_table, wordnet_concepts
from wordnet import Synset, read_nouns

# Minimum number of rows with a Korean name.
MIN_KOREAN_ROWS = 300


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
            if not name or name != " ".join(name.split()) or "," in name:
                found.append(f"line {row.line}: {name!r} is not a name")
            first = meaning.setdefault(normalized(name), row)
            if first is not row:
                found.append(f"line {row.line}: {name!r} already has its meaning in line {first.line}")
        if len({normalized(name) for name in row.names}) != len(row.names):
            found.append(f"line {row.line}: a name is repeated")
    korean = sum(any(_is_korean(name) for name in row.names) for row in rows)
    if korean < MIN_KOREAN_ROWS:
        found.append(f"only {korean} rows have a Korean name, fewer than {MIN_KOREAN_ROWS}")
    return found


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
        print(f"{names_path}: {len(rows)} rows, {sum(len(row.names) for row in rows)} names, all resolved")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
