"""The pairs of `injeung eval --scores`: what they are, and what every tier said."""

import csv
from dataclasses import dataclass

import numpy as np

# The tiers in the order in which they are asked, by the names of their columns.
TIERS = ["quick", "xfeat", "lighterglue", "sift"]


@dataclass
class Pairs:
    """Arrays with an entry a pair; scores are pairs x tiers, at least 0, more being more certain."""

    kind: np.ndarray  # "right", "wrong" or "look-alike"
    strata: np.ndarray  # pairs x 2
    sites: np.ndarray  # pairs x 2
    scores: np.ndarray
    tiers: list[str]

    def of(self, kind):
        """Which pairs are of a kind."""
        return self.kind == kind

    def of_tiers(self, tiers):
        """The scores of some tiers: pairs x these."""
        return self.scores[:, [self.tiers.index(tier) for tier in tiers]]

    def touching(self, stratum):
        """Which pairs have a photo of a stratum."""
        return (self.strata == stratum).any(axis=1)


def read(paths):
    """The pairs that all files hold, with the tiers that any of them has.

    Files of several runs are joined by the photos of the pairs. Neural scores hang on how SIFT or ORB saw a
    photo turned and on each other, so a run of a tier by itself may say another thing than one of all.
    """
    rows, columns = None, []
    for path in paths:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            found = {(row["photo_a"], row["photo_b"]): row for row in reader}
            columns += [tier for tier in reader.fieldnames if tier in TIERS]
        if rows is None:
            rows = found
        else:
            rows = {key: {**row, **found[key]} for key, row in rows.items() if key in found}
    tiers = [tier for tier in TIERS if tier in columns]
    if not tiers:
        raise SystemExit(f"fit: none of the columns {', '.join(TIERS)} is there")
    rows = list((rows or {}).values())
    two = lambda name: np.array([[row[f"{name}_a"], row[f"{name}_b"]] for row in rows], dtype=str)
    scores = np.array([[float(row[tier]) for tier in tiers] for row in rows])
    if not rows or not np.isfinite(scores).all() or (scores < 0).any():
        raise SystemExit("fit: there are no pairs, or scores that are no finite number from 0")
    kind = np.array([row["kind"] for row in rows])
    return Pairs(kind, two("stratum"), two("site"), scores, tiers)
