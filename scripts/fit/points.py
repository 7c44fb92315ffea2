"""Thresholds, and what they do."""

import numpy as np

# The operating points, by the share of wrong pairs that they accept.
POINTS = {"strict": 0.001, "balanced": 0.005, "lenient": 0.02}


def threshold(right, wrong, far):
    """The lowest threshold that accepts at most this share of wrong pairs, half way between the
    best pair that it refuses and the next one above."""
    allowed = int(far * len(wrong) + 1e-9)
    if allowed >= len(wrong):
        return 0.0
    best = np.sort(wrong)[::-1][allowed]
    above = np.concatenate([right, wrong])
    above = above[above > best]
    return (best + (above.min() if len(above) else 1.0)) / 2


def thresholds(probability, pairs):
    """The threshold of every operating point, by the real pairs."""
    right, wrong = [pairs.of(kind) & ~pairs.drawn for kind in ("right", "wrong")]
    return {name: threshold(probability[right], probability[wrong], far) for name, far in POINTS.items()}


def medians(found):
    """Of every operating point the median threshold."""
    return {name: float(np.median([each[name] for each in found])) for name in POINTS}


def interval(count, of):
    """Wilson's 95 % interval in per cent, as text."""
    if of == 0:
        return "-"
    z, share = 1.959964, count / of
    centre = share + z * z / (2 * of)
    spread = z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = [100 * (centre + sign * spread) / (1 + z * z / of) for sign in (-1, 1)]
    return f"{count}/{of} = {100 * share:.2f} % ({max(low, 0):.1f}-{high:.1f})"


def rates_table(pairs, probabilities, thresholds):
    """Refusals and false accepts of every stratum at every point."""
    lines = ["| stratum | point | threshold | right pairs refused | wrong pairs accepted |", "|---|---|---|---|---|"]
    right, wrong = pairs.of("right"), pairs.of("wrong")
    for stratum in [*np.unique(pairs.strata), "all"]:
        inside = np.ones(len(right), bool) if stratum == "all" else pairs.touching(stratum)
        for name, least in thresholds.items():
            refused = interval((probabilities[inside & right] < least).sum(), (inside & right).sum())
            accepted = interval((probabilities[inside & wrong] >= least).sum(), (inside & wrong).sum())
            lines.append(f"| {stratum} | {name} | {least:.4f} | {refused} | {accepted} |")
    look_alikes = probabilities[pairs.of("look-alike")]
    for name, least in thresholds.items():
        accepted = interval((look_alikes >= least).sum(), len(look_alikes))
        lines.append(f"| look-alikes | {name} | {least:.4f} | | {accepted} |")
    return lines


def summary_head(pairs):
    """The head of a table of sets of tiers."""
    strata = [str(stratum) for stratum in np.unique(pairs.strata)]
    cells = ["tiers", "point", *(f"{name} refused" for name in strata), "wrong accepted", "look-alikes accepted"]
    return [f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"]


def summary_rows(pairs, probabilities, tiers, all_thresholds):
    """How a set of tiers does, a row a point, in counts."""
    right, wrong, look_alikes = [pairs.of(kind) for kind in ("right", "wrong", "look-alike")]
    rows = []
    for name, least in all_thresholds.items():
        accepted = probabilities >= least
        refused = [right & pairs.touching(stratum) for stratum in np.unique(pairs.strata)]
        cells = [f"{(which & ~accepted).sum()}/{which.sum()}" for which in refused]
        cells += [f"{(which & accepted).sum()}/{which.sum()}" for which in (wrong, look_alikes)]
        rows.append(f"| {' + '.join(tiers)} | {name} | {' | '.join(cells)} |")
    return rows


def reliability_table(pairs, probabilities, prior):
    """Of pairs that are said to be right with some probability, how many are: weighed as the model
    was, since there are many more wrong pairs than anyone sends."""
    right, wrong = pairs.of("right"), pairs.of("wrong")
    weight = right * (prior / right.sum()) + wrong * ((1 - prior) / wrong.sum())
    lines = ["| probability | mean | share that is right | right pairs | wrong pairs |", "|---|---|---|---|---|"]
    place = np.minimum((probabilities * 10).astype(int), 9)
    for bin_ in range(10):
        inside = (place == bin_) & (right | wrong)
        total = weight[inside].sum()
        if total == 0:
            lines.append(f"| {bin_ / 10:.1f}-{bin_ / 10 + 0.1:.1f} | | | 0 | 0 |")
            continue
        mean = (weight * probabilities)[inside].sum() / total
        share = weight[inside & right].sum() / total
        counts = f"{(inside & right).sum()} | {(inside & wrong).sum()}"
        lines.append(f"| {bin_ / 10:.1f}-{bin_ / 10 + 0.1:.1f} | {mean:.3f} | {share:.3f} | {counts} |")
    return lines


def cascade(pairs, unseen, tiers, sure, hopeless, all_thresholds):
    """What the tiers come to when they run one after the other: the probability of every pair, and the place of
    the tier that decided it. Every set of tiers brings the probabilities of its own run."""
    whole = all_thresholds[tiers]
    probability = np.zeros(len(unseen[tiers]))
    place = np.full(len(probability), len(tiers) - 1)
    open_ = np.ones(len(probability), bool)
    for last in range(len(tiers)):
        asked = tiers[: last + 1]
        repeated = pairs.repetition(asked)
        sift_follows = "sift" in tiers[last + 1 :]
        probability[open_] = np.where(repeated & (not sift_follows), 0, unseen[asked])[open_]
        if asked in sure and asked != tiers:
            certain = unseen[asked] >= max(sure[asked], whole["strict"])
            certain |= unseen[asked] < min(hopeless[asked], whole["lenient"])
            certain = np.where(repeated, not sift_follows, certain)
            place[open_ & certain] = last
            open_ &= ~certain
    return probability, place


def cascade_table(pairs, unseen, tiers, sure, hopeless, all_thresholds):
    """How many pairs every tier settles, and what all of them do together at every point."""
    probability, place = cascade(pairs, unseen, tiers, sure, hopeless, all_thresholds)
    right, wrong = pairs.of("right"), pairs.of("wrong")
    share = lambda which: f"{100 * which.mean():.1f} %" if len(which) else "-"
    lines = ["| settled by | right pairs | wrong pairs |", "|---|---|---|"]
    for index, tier in enumerate(tiers):
        lines.append(f"| {tier} | {share(place[right] == index)} | {share(place[wrong] == index)} |")
    return lines + [""] + rates_table(pairs, probability, all_thresholds[tiers])
