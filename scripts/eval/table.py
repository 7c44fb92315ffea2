#!/usr/bin/env python3
"""Prints the table of verdicts by kind of photo from the `injeung eval --json` files of a folder.

usage: table.py FOLDER [--things]

With --things, prints the table of groups whose things have to match, from the photo set's file.
"""
import json
import sys
from pathlib import Path

HEAD = [
    "| photos | matching pairs rejected | others accepted: strict | balanced | lenient |",
    "|---|---|---|---|---|",
]


def share(count, of, interval):
    """Returns a count with Wilson's 95 % interval in per cent."""
    if not of:
        return "-"
    low, high = (100 * bound for bound in interval)
    return f"{count}/{of} ({low:.1f}-{high:.1f})"


def row(name, stratum):
    """Returns the row of a kind. Rejections are those at `balanced`."""
    points = stratum["points"]
    balanced = points["balanced"]
    cells = [share(balanced["false_rejects"], stratum["positives"], balanced["frr_interval"] or [0, 0])]
    for point in ("strict", "balanced", "lenient"):
        found = points[point]
        cells.append(share(found["false_accepts"], stratum["negatives"], found["far_interval"] or [0, 0]))
    return f"| {name} | {' | '.join(cells)} |"


def print_things(things):
    """Prints which pairs are accepted if the place or the things have to match."""
    print("| pairs | accepted, `place` | accepted, `thing` |\n|---|---|---|")
    for name, found in things.items():
        cells = [share(found[mode], found["pairs"], found[f"{mode}_interval"]) for mode in ("place", "thing")]
        kind = name if name == "look-alikes" else f"matching, {name}"
        print(f"| {kind} | {' | '.join(cells)} |")


def main():
    """Prints the table."""
    folder = Path(sys.argv[1])
    if "--things" in sys.argv[2:]:
        print_things(json.loads((folder / "photos.json").read_text())["things"])
        return
    figures = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    print("\n".join(HEAD))
    whole = figures.pop("photos", None)
    if whole:
        for name, stratum in whole["strata"].items():
            print(row(f"photo set, {name}", stratum))
        like = whole["look_alikes"]
        accepted = (like["points"][point] for point in ("strict", "balanced", "lenient"))
        cells = [share(found["accepted"], like["pairs"], found["far_interval"] or [0, 0]) for found in accepted]
        print(f"| photo set, look-alikes | - | {' | '.join(cells)} |")
    for name in ("without-lighterglue", "points"):
        figures.pop(name, None)
    for name, report in figures.items():
        print(row(name.replace("-", ": ", 1), report["all"]))


if __name__ == "__main__":
    main()
