"""Pairs of `injeung eval --scores` with the counts of every tier."""

import csv
from dataclasses import dataclass

import numpy as np

# Column names of the tiers, in the order in which they run.
TIERS = ["quick", "xfeat", "lighterglue", "sift", "aligned"]


# Equal to `is_repetition` of the crate: minimum inliers of a repetition, the confirmed share below which it is one, the
# share in another tier that overrules it, and the number of SIFT's confirmed inliers that overrules it.
LATTICE = {"xfeat": 60, "lighterglue": 50, "aligned": 50}
LATTICE_SHARE = 0.3
SCENE_SHARE = 0.5
PRECISE = 12


@dataclass
class Pairs:
    """Arrays with an entry per pair. Scores are [pairs, tiers, 2]: inliers and confirmed inliers."""

    kind: np.ndarray  # "matching", "non-matching" or "look-alike"
    strata: np.ndarray  # pairs x 2
    sites: np.ndarray  # pairs x 2
    photos: np.ndarray  # pairs x 2
    scores: np.ndarray
    tiers: list[str]
    drawn: np.ndarray  # whether the pair is from a folder of drawn graphics or pages

    def of(self, kind):
        """Returns which pairs are of a kind."""
        return self.kind == kind

    def where(self, which):
        """Returns the selected pairs."""
        fields = [field[which] for field in (self.kind, self.strata, self.sites, self.photos, self.scores)]
        return Pairs(*fields, self.tiers, self.drawn[which])

    def same_as(self, other):
        """Returns whether another run has the same pairs in the same order."""
        return np.array_equal(self.photos, other.photos) and np.array_equal(self.kind, other.kind)

    def of_tiers(self, tiers):
        """Returns the scores of some tiers, [pairs, tiers, 2]."""
        return self.scores[:, [self.tiers.index(tier) for tier in tiers]]

    def repetition(self, tiers):
        """Returns which pairs these tiers reject as a repetition, such as pages of other text."""
        found, scene = np.zeros((2, len(self.kind)), bool)
        for tier, least in LATTICE.items():
            if tier in tiers:
                inliers, confirmed = self.of_tiers([tier])[:, 0].T
                found |= (inliers >= least) & (confirmed < LATTICE_SHARE * inliers)
                scene |= (inliers >= least) & (confirmed >= SCENE_SHARE * inliers)
        found &= ~scene
        if "sift" in tiers:
            found &= self.of_tiers(["sift"])[:, 0, 1] < PRECISE
        return found

    def touching(self, stratum):
        """Returns which pairs have a photo of a stratum."""
        return (self.strata == stratum).any(axis=1)


def read(path, drawn=()):
    """Reads the pairs of a file with its tiers, and those of files of drawn graphics and pages."""
    parts = [read_one(path), *(read_one(other) for other in drawn)]
    if any(part.tiers != parts[0].tiers for part in parts):
        raise SystemExit("fit: failed to combine the files: they have different tiers")
    both = lambda field: np.concatenate([getattr(part, field) for part in parts])
    is_drawn = np.repeat(np.arange(len(parts)) > 0, [len(part.kind) for part in parts])
    fields = [both(field) for field in ("kind", "strata", "sites", "photos", "scores")]
    return Pairs(*fields, parts[0].tiers, is_drawn)


def read_one(path):
    """Reads the pairs of one file."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    tiers = [tier for tier in TIERS if tier in (reader.fieldnames or [])]
    if not tiers:
        raise SystemExit(f"fit: failed to read {path}: none of the columns {', '.join(TIERS)}")
    two = lambda name: np.array([[row[f"{name}_a"], row[f"{name}_b"]] for row in rows], dtype=str)
    counts = [[[float(row[tier]), float(row[f"{tier}_confirmed"])] for tier in tiers] for row in rows]
    scores = np.array(counts)
    if not rows or not np.isfinite(scores).all() or (scores < 0).any() or (scores[..., 1] > scores[..., 0]).any():
        raise SystemExit(f"fit: failed to read {path}: no pairs, or counts outside 0 to the inliers")
    kind = np.array([row["kind"] for row in rows])
    return Pairs(kind, two("stratum"), two("site"), two("photo"), scores, tiers, np.zeros(len(rows), bool))
