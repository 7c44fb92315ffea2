"""Fits the probability that two photos show one scene to the scores of the tiers.

    fit.py SCORES.csv [SCORES.csv ...] --out MODEL.toml [--prior P] [--folds K] [--date YYYY-MM-DD]

Reads what runs of `injeung eval --scores` wrote, the first with all tiers, the others without some of them. What a tier says
can hang on the others, so a set of tiers goes by the run that has them with the fewest others. Fits a model for every
set of tiers that can have been asked, writes the models with their thresholds, and prints as Markdown how they do on sites that they have not seen.
Bars come from those probabilities, too, never from pairs that a model was fitted to, and so do thresholds: of all ways to divide
the sites one may be lucky, so each is the median of many divisions.
"""

import argparse
import datetime
import itertools

import numpy as np

import model
import points
import scores

# The share of wrong pairs that tiers may accept before all were asked: none at all of fewer than 5,000.
# None refuses early, since a turned photo, which is looked at turned back after SIFT, looks
# like another scene before.
SURE_FAR = 0.0002
# In how many ways sites are divided for the thresholds.
DIVISIONS = 15
# How often thresholds are found anew after what they let tiers settle early.
ROUNDS = 3

HEADER = """\
# Fitted by scripts/fit/fit.sh; not to be edited by hand.
#
# [[model]]: one for every set of tiers that can have been asked.
#   p = 1 / (1 + exp(-(bias + sum of weights[i] * ln(1 + score[i] / scales[i]))))
#   is the probability that the photos show one scene, where `prior` of all pairs do; `score[i]` is
#   that of `tiers[i]`, at least 0. All weights are at least 0.
# `sure`: the least p that is accepted without asking the next tier, as far as every operating point
#   agrees. Where no tier can follow there is none.
# [model.points]: the least p that each operating point accepts, when these tiers were asked.
"""


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scores", nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--prior", type=float, default=0.5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    arguments = parser.parse_args()
    if not 0 < arguments.prior < 1 or arguments.folds < 3:
        raise SystemExit("fit: the prior is between 0 and 1, and there are at least 3 folds")
    runs = [scores.read(path) for path in arguments.scores]
    text, lines = run(runs, arguments.prior, arguments.folds, arguments.date)
    with open(arguments.out, "w", encoding="utf-8") as file:
        file.write(text)
    print("\n".join(lines))


def run(runs, prior, folds, date):
    """The text of the model file, and the lines of the report."""
    pairs = runs[0]
    if not all(pairs.same_as(other) for other in runs):
        raise SystemExit("fit: the runs are of different pairs")
    if not all(set(other.tiers) <= set(pairs.tiers) for other in runs):
        raise SystemExit("fit: the first run lacks a tier of another one")
    right, wrong = pairs.of("right"), pairs.of("wrong")
    if not right.any() or not wrong.any():
        raise SystemExit("fit: there are no right or no wrong pairs")
    sets = askable(pairs.tiers)
    run_of = {tiers: nearest(runs, tiers) for tiers in sets}
    divisions = [
        {tiers: model.out_of_fold(pairs, run_of[tiers].of_tiers(tiers), prior, folds, division) for tiers in sets}
        for division in range(DIVISIONS)
    ]
    unseen = divisions[0]
    fitted = right | wrong
    counts = f"{right.sum()} right and {wrong.sum()} wrong pairs"
    text = HEADER + (
        f'\nformat = 3\nfitted = "{date}"\nprior = {prior}\nfolds = {folds}\n'
        f"right = {right.sum()}\nwrong = {wrong.sum()}\nsites = {len(np.unique(pairs.sites))}\n"
    )
    lines = [f"Fitted on {date} to {counts}, {folds} folds of sites, prior {prior}."]
    models, sure, thresholds = {}, {}, {}
    summary = points.summary_head(pairs)
    for tiers in sets:
        thresholds[tiers] = points.thresholds(unseen[tiers][right], unseen[tiers][wrong])
        whole = tiers + tuple(pairs.tiers[pairs.tiers.index(tiers[-1]) + 1 :])
        if whole != tiers:
            sure[tiers] = points.threshold(unseen[tiers][right], unseen[tiers][wrong], SURE_FAR)
        models[tiers] = model.fit(run_of[tiers].of_tiers(tiers)[fitted], right[fitted], prior)
    for tiers in sets:
        # What is settled early is not what all tiers would say, so the thresholds follow it.
        for _ in range(ROUNDS):
            found = [points.cascade(division, tiers, sure, thresholds)[0] for division in divisions]
            thresholds[tiers] = points.medians([points.thresholds(p[right], p[wrong]) for p in found])
        probability, _ = points.cascade(unseen, tiers, sure, thresholds)
        text += as_toml(tiers, models[tiers], thresholds[tiers], sure.get(tiers))
        summary += points.summary_rows(pairs, probability, tiers, thresholds[tiers])
    lines += ["", "### What each set of tiers gets right", "", *summary]
    for heading, tiers in (("", pairs.tiers), (" without the neural tier", ["quick", "sift"])):
        if set(tiers) <= set(pairs.tiers):
            probability, _ = points.cascade(unseen, tuple(tiers), sure, thresholds)
            lines += ["", f"### Reliability{heading}", ""]
            lines += points.reliability_table(pairs, probability, prior)
    lines += ["", "### All tiers, one after the other", ""]
    lines += points.cascade_table(pairs, unseen, tuple(pairs.tiers), sure, thresholds)
    return text, lines


def askable(tiers):
    """The sets of tiers that can have been asked: any of them may be off, but LighterGlue and the second look
    pair XFeat's points and come after it."""
    sets = [set_ for size in range(1, len(tiers) + 1) for set_ in itertools.combinations(tiers, size)]
    return [set_ for set_ in sets if "xfeat" in set_ or not {"lighterglue", "aligned"} & set(set_)]


def nearest(runs, tiers):
    """The run that has these tiers with the fewest others."""
    return min((run for run in runs if set(tiers) <= set(run.tiers)), key=lambda run: len(run.tiers))


def as_toml(tiers, found, thresholds, sure):
    """A model as the crate reads it."""
    numbers = lambda values: "[" + ", ".join(f"{value:.5f}" for value in values) + "]"
    names = ", ".join(f'"{tier}"' for tier in tiers)
    text = f"\n[[model]]\ntiers = [{names}]\nbias = {found.bias:.5f}\n"
    text += f"weights = {numbers(found.weights)}\nscales = {numbers(found.scales)}\n"
    text += f"sure = {sure:.6f}\n" if sure else ""
    text += "\n[model.points]\n"
    return text + "".join(f"{name} = {value:.6f}\n" for name, value in thresholds.items())


if __name__ == "__main__":
    main()
