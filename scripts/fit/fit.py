"""Fits the probability that two photos show one scene to the counts of the tiers.

    fit.py DIR [DIR ...] --out MODEL.toml [--prior P] [--folds K] [--date YYYY-MM-DD]

A DIR is one run of `injeung eval --scores`: photos.csv of the photo set, and a file per folder of drawn graphics or pages. The
first run has all tiers, the others lack some. A tier's result can depend on other tiers, so a set of tiers uses the run that has
the fewest others. Fits a model for every set of tiers that can have run, writes the models with their thresholds, and prints
their error rates on unseen sites as Markdown. Thresholds and bounds come from the same out-of-fold probabilities; each is the
median of many divisions of the sites, since a single one can be lucky.
"""

import argparse
import datetime
import itertools
from pathlib import Path

import numpy as np

import model
import points
import scores

# Maximum share of real non-matching pairs accepted before all tiers have run: none of fewer than 5,000.
SURE_FAR = 0.0002
# The same for drawn non-matching pairs.
SURE_FAR_DRAWN = 0.005
# Number of divisions of the sites for the thresholds.
DIVISIONS = 15
# Number of times that thresholds are computed again after the early decisions they allow.
ROUNDS = 3

HEADER = """\
# Written by scripts/fit/fit.sh; do not edit.
#
# [[model]]: one for every set of tiers that can have run.
#   p = 1 / (1 + exp(-(bias + sum over tiers of inliers[i] * ln(1 + n / inlier_scales[i])
#       + confirmed[i] * ln(1 + c / confirmed_scales[i]))))
#   is the probability that the photos show one scene, if `prior` of all pairs do; n is the number of inliers of
#   tiers[i], c that of confirmed ones. All weights are at least 0.
# `sure`: minimum p that is accepted without running the next tier. `hopeless`: a pair below this p is rejected without
#   it. Both apply only if every operating point agrees, and are absent if no tier can follow.
# [model.points]: minimum p that each operating point accepts if these tiers are available.
"""


def main():
    """Parses the command line, writes the model and prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", required=True)
    parser.add_argument("--prior", type=float, default=0.5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    arguments = parser.parse_args()
    if not 0 < arguments.prior < 1 or arguments.folds < 3:
        raise SystemExit("fit: failed to use the options: the prior must be between 0 and 1, the folds at least 3")
    runs = [read_run(folder) for folder in arguments.runs]
    text, lines = run(runs, arguments.prior, arguments.folds, arguments.date)
    with open(arguments.out, "w", encoding="utf-8") as file:
        file.write(text)
    print("\n".join(lines))


def read_run(folder):
    """Reads the pairs of a run, those of the photo set first."""
    drawn = sorted(path for path in folder.glob("*.csv") if path.name != "photos.csv")
    return scores.read(folder / "photos.csv", drawn)


def run(runs, prior, folds, date):
    """Returns the text of the model file and the lines of the report."""
    pairs = runs[0]
    if not all(pairs.same_as(other) for other in runs):
        raise SystemExit("fit: failed to combine the runs: they have different pairs")
    if not all(set(other.tiers) <= set(pairs.tiers) for other in runs):
        raise SystemExit("fit: failed to combine the runs: the first one lacks a tier of another")
    matching, non_matching = pairs.of("matching"), pairs.of("non-matching")
    if not matching.any() or not non_matching.any():
        raise SystemExit("fit: failed to fit: no matching or no non-matching pairs")
    sets = possible_sets(pairs.tiers)
    run_of = {tiers: nearest(runs, tiers) for tiers in sets}
    divisions = [
        {tiers: model.out_of_fold(pairs, run_of[tiers].of_tiers(tiers), prior, folds, division) for tiers in sets}
        for division in range(DIVISIONS)
    ]
    unseen = divisions[0]
    fitted = matching | non_matching
    counts = f"{(matching & ~pairs.drawn).sum()} matching and {(non_matching & ~pairs.drawn).sum()} non-matching pairs"
    counts += f", and {(matching & pairs.drawn).sum()} and {(non_matching & pairs.drawn).sum()} with drawn graphics or text"
    text = HEADER + (
        f'\nformat = 4\nfitted = "{date}"\nprior = {prior}\nfolds = {folds}\n'
        f"matching = {matching.sum()}\nnon_matching = {non_matching.sum()}\nsites = {len(np.unique(pairs.sites))}\n"
    )
    lines = ["# Error rates on unseen sites", ""]
    lines += [f"Fitted on {date} to {counts}, {folds} folds of sites, prior {prior}."]
    models, sure, hopeless, thresholds = {}, {}, {}, {}
    real = ~pairs.drawn
    shown = pairs.where(real)
    summary = points.summary_head(shown)
    for tiers in sets:
        thresholds[tiers] = points.medians(
            [points.thresholds(each[tiers], pairs) for each in divisions]
        )
        models[tiers] = model.fit(run_of[tiers].of_tiers(tiers)[fitted], matching[fitted], prior, pairs.drawn[fitted])
    for tiers in sets:
        # The largest set that begins with these tiers has all tiers that can follow.
        whole = max((set_ for set_ in sets if set_[: len(tiers)] == tiers), key=len)
        if whole != tiers:
            sure[tiers] = float(np.median([sure_bound(each[tiers], pairs) for each in divisions]))
            bounds = [
                each[tiers][matching & real & (each[whole] >= thresholds[whole]["balanced"])].min() for each in divisions
            ]
            hopeless[tiers] = float(np.median(bounds))
    for tiers in sets:
        # Early decisions differ from those of all tiers, so thresholds are computed from the cascade's results.
        for _ in range(ROUNDS):
            found = [points.cascade(pairs, division, tiers, sure, hopeless, thresholds)[0] for division in divisions]
            thresholds[tiers] = points.medians([points.thresholds(p, pairs) for p in found])
        probability, _ = points.cascade(pairs, unseen, tiers, sure, hopeless, thresholds)
        text += as_toml(tiers, models[tiers], thresholds[tiers], sure.get(tiers), hopeless.get(tiers))
        summary += points.summary_rows(shown, probability[real], tiers, thresholds[tiers])
    lines += ["", "## Each set of tiers", "", *summary]
    for heading, tiers in (("", pairs.tiers), (" without the neural tier", ["quick", "sift"])):
        if set(tiers) <= set(pairs.tiers):
            probability, _ = points.cascade(pairs, unseen, tuple(tiers), sure, hopeless, thresholds)
            lines += ["", f"## Reliability{heading}", ""]
            lines += points.reliability_table(shown, probability[real], prior)
    lines += ["", "## The cascade of all tiers", ""]
    seen = {tiers: probability[real] for tiers, probability in unseen.items()}
    lines += points.cascade_table(shown, seen, tuple(pairs.tiers), sure, hopeless, thresholds)
    return text, lines


def possible_sets(tiers):
    """Returns the sets of tiers that can have run. Any tier can be off, but LighterGlue and the alignment pass match
    XFeat's points and need it."""
    sets = [set_ for size in range(1, len(tiers) + 1) for set_ in itertools.combinations(tiers, size)]
    return [set_ for set_ in sets if "xfeat" in set_ or not {"lighterglue", "aligned"} & set(set_)]


def nearest(runs, tiers):
    """Returns the run that has these tiers and the fewest others."""
    return min((run for run in runs if set(tiers) <= set(run.tiers)), key=lambda run: len(run.tiers))


def sure_bound(probability, pairs):
    """Returns the minimum probability that hardly any non-matching pair reaches, real or drawn."""
    matching, non_matching = pairs.of("matching"), pairs.of("non-matching")
    shares = ((~pairs.drawn, SURE_FAR), (pairs.drawn, SURE_FAR_DRAWN))
    return max(
        points.threshold(probability[matching & of], probability[non_matching & of], far)
        for of, far in shares
        if (non_matching & of).any()
    )


def as_toml(tiers, found, thresholds, sure, hopeless):
    """Returns a model in the format that the crate reads."""
    numbers = lambda values: "[" + ", ".join(f"{value:.5f}" for value in values) + "]"
    names = ", ".join(f'"{tier}"' for tier in tiers)
    text = f"\n[[model]]\ntiers = [{names}]\nbias = {found.bias:.5f}\n"
    for name, column in zip(("inliers", "confirmed"), found.weights.T):
        text += f"{name} = {numbers(column)}\n"
    for name, column in zip(("inlier_scales", "confirmed_scales"), found.scales.T):
        text += f"{name} = {numbers(column)}\n"
    text += f"sure = {sure:.6f}\nhopeless = {hopeless:.6f}\n" if sure else ""
    text += "\n[model.points]\n"
    return text + "".join(f"{name} = {value:.6f}\n" for name, value in thresholds.items())


if __name__ == "__main__":
    main()
