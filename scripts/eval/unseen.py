#!/usr/bin/env python3
"""Prints how the limit of things does on kinds of food that were left out when it was chosen.

usage: unseen.py SCORES.csv FIGURES.json

The files are those of `injeung eval --scores` and `--json` for the photo set.
"""
import csv
import json
import math
import sys

# Matching pairs of food that may be rejected.
REJECTED, OF = 5, 75


def limit_of(pairs):
    """Returns the lowest limit that rejects at most 5 of 75 of these matching pairs; None if no pair has a difference."""
    differences = sorted((pair["difference"] for pair in pairs if pair["difference"] is not None), reverse=True)
    if not differences:
        return None
    return differences[min(REJECTED * len(pairs) // OF, len(differences) - 1)]


def is_accepted(pair, limit):
    """Returns whether a pair is accepted in a group with `thing`."""
    return pair["place"] and (pair["difference"] is None or pair["difference"] <= limit)


def share(count, of):
    """Returns a count with Wilson's 95 % interval in per cent."""
    z, part = 1.96, count / of
    middle, spread = part + z * z / 2 / of, z * math.sqrt(part * (1 - part) / of + z * z / 4 / of / of)
    low, high = (100 * max(0, bound) / (1 + z * z / of) for bound in (middle - spread, middle + spread))
    return f"{count}/{of} ({low:.1f}-{high:.1f})"


def main():
    """Prints the table."""
    with open(sys.argv[2], encoding="utf-8") as file:
        threshold = json.load(file)["strata"]["food"]["points"]["balanced"]["threshold"]
    matching, others = [], []
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if "food" not in (row["stratum_a"], row["stratum_b"]) or row["kind"] == "non-matching":
                continue
            difference = float(row["difference"]) if row["difference"] else None
            pair = {
                "kind": row["scene_a"],
                "place": float(row["score"]) >= threshold,
                "difference": difference,
            }
            (matching if row["kind"] == "matching" else others).append(pair)
    accepted, rejected, limits = 0, 0, []
    for kind in sorted({pair["kind"] for pair in matching}):
        limit = limit_of([pair for pair in matching if pair["kind"] != kind])
        limits.append(limit)
        rejected += sum(not is_accepted(pair, limit) for pair in matching if pair["kind"] == kind)
        accepted += sum(is_accepted(pair, limit) for pair in others if pair["kind"] == kind)
    print("| | |\n|---|---|")
    print(f"| limits | {min(limits):.3f} to {max(limits):.3f}, all kinds {limit_of(matching):.3f} |")
    print(f"| matching pairs of unseen food rejected | {share(rejected, len(matching))} |")
    print(f"| look-alikes with unseen food accepted | {share(accepted, len(others))} |")


if __name__ == "__main__":
    main()
