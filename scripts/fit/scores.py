"""The pairs of `injeung eval --scores`: what they are, and what every tier said."""

import csv
from dataclasses import dataclass

import numpy as np

# The tiers in the order in which they are asked, by the names of their columns.
TIERS = ["quick", "xfeat", "lighterglue", "sift", "aligned"]


@dataclass
class Pairs:
    """Arrays with an entry a pair; scores are pairs x tiers, at least 0, more being more certain."""

    kind: np.ndarray  # "right", "wrong" or "look-alike"
    strata: np.ndarray  # pairs x 2
    sites: np.ndarray  # pairs x 2
    photos: np.ndarray  # pairs x 2
    scores: np.ndarray
    tiers: list[str]

    def of(self, kind):
        """Which pairs are of a kind."""
        return self.kind == kind

    def same_as(self, other):
        """Whether another run was of the same pairs, in the same order."""
        return np.array_equal(self.photos, other.photos) and np.array_equal(self.kind, other.kind)

    def of_tiers(self, tiers):
        """The scores of some tiers: pairs x these."""
        return self.scores[:, [self.tiers.index(tier) for tier in tiers]]

    def touching(self, stratum):
        """Which pairs have a photo of a stratum."""
        return (self.strata == stratum).any(axis=1)


def read(path):
    """The pairs of a file, with the tiers that it has."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    tiers = [tier for tier in TIERS if tier in (reader.fieldnames or [])]
    if not tiers:
        raise SystemExit(f"fit: none of the columns {', '.join(TIERS)} is there")
    two = lambda name: np.array([[row[f"{name}_a"], row[f"{name}_b"]] for row in rows], dtype=str)
    scores = np.array([[float(row[tier]) for tier in tiers] for row in rows])
    if not rows or not np.isfinite(scores).all() or (scores < 0).any():
        raise SystemExit("fit: there are no pairs, or scores that are no finite number from 0")
    kind = np.array([row["kind"] for row in rows])
    return Pairs(kind, two("stratum"), two("site"), two("photo"), scores, tiers)
