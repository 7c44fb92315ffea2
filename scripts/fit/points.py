"""Thresholds and error rates."""

import numpy as np

# Operating points and the share of non-matching pairs that each accepts.
POINTS = {"strict": 0.001, "balanced": 0.005, "lenient": 0.02}


def threshold(matching, non_matching, far):
    """Returns the lowest threshold that accepts at most the share `far` of non-matching pairs, half way between the best
    pair it rejects and the next one above."""
    allowed = int(far * len(non_matching) + 1e-9)
    if allowed >= len(non_matching):
        return 0.0
    best = np.sort(non_matching)[::-1][allowed]
    above = np.concatenate([matching, non_matching])
    above = above[above > best]
    return (best + (above.min() if len(above) else 1.0)) / 2


def thresholds(probability, pairs):
    """Returns the threshold of every operating point on the real pairs."""
    matching, non_matching = [pairs.of(kind) & ~pairs.drawn for kind in ("matching", "non-matching")]
    return {name: threshold(probability[matching], probability[non_matching], far) for name, far in POINTS.items()}


def medians(found):
    """Returns the median threshold of every operating point."""
    return {name: float(np.median([each[name] for each in found])) for name in POINTS}


def interval(count, of):
    """Returns Wilson's 95 % interval in per cent, as text."""
    if of == 0:
        return "-"
    z, share = 1.959964, count / of
    centre = share + z * z / (2 * of)
    spread = z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = [100 * (centre + sign * spread) / (1 + z * z / of) for sign in (-1, 1)]
    return f"{count}/{of} = {100 * share:.2f} % ({max(low, 0):.1f}-{high:.1f})"


def rates_table(pairs, probabilities, thresholds):
    """Returns rejections and false accepts of every stratum at every point."""
    lines = ["| stratum | point | threshold | matching pairs rejected | non-matching pairs accepted |", "|---|---|---|---|---|"]
    matching, non_matching = pairs.of("matching"), pairs.of("non-matching")
    for stratum in [*np.unique(pairs.strata), "all"]:
        inside = np.ones(len(matching), bool) if stratum == "all" else pairs.touching(stratum)
        for name, least in thresholds.items():
            rejected = interval((probabilities[inside & matching] < least).sum(), (inside & matching).sum())
            accepted = interval((probabilities[inside & non_matching] >= least).sum(), (inside & non_matching).sum())
            lines.append(f"| {stratum} | {name} | {least:.4f} | {rejected} | {accepted} |")
    look_alikes = probabilities[pairs.of("look-alike")]
    for name, least in thresholds.items():
        accepted = interval((look_alikes >= least).sum(), len(look_alikes))
        lines.append(f"| look-alikes | {name} | {least:.4f} | | {accepted} |")
    return lines


def summary_head(pairs):
    """Returns the head of a table of sets of tiers."""
    strata = [str(stratum) for stratum in np.unique(pairs.strata)]
    cells = ["tiers", "point", *(f"{name} rejected" for name in strata), "non-matching accepted", "look-alikes accepted"]
    return [f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"]


def summary_rows(pairs, probabilities, tiers, all_thresholds):
    """Returns the error counts of a set of tiers, a row per operating point."""
    matching, non_matching, look_alikes = [pairs.of(kind) for kind in ("matching", "non-matching", "look-alike")]
    rows = []
    for name, least in all_thresholds.items():
        accepted = probabilities >= least
        rejected = [matching & pairs.touching(stratum) for stratum in np.unique(pairs.strata)]
        cells = [f"{(which & ~accepted).sum()}/{which.sum()}" for which in rejected]
        cells += [f"{(which & accepted).sum()}/{which.sum()}" for which in (non_matching, look_alikes)]
        rows.append(f"| {' + '.join(tiers)} | {name} | {' | '.join(cells)} |")
    return rows


def reliability_table(pairs, probabilities, prior):
    """Returns the share of matching pairs per decile of the probability, weighted as for the fit, since the set has far
    more non-matching pairs than real requests."""
    matching, non_matching = pairs.of("matching"), pairs.of("non-matching")
    weight = matching * (prior / matching.sum()) + non_matching * ((1 - prior) / non_matching.sum())
    lines = ["| probability | mean | share that matches | matching pairs | non-matching pairs |", "|---|---|---|---|---|"]
    place = np.minimum((probabilities * 10).astype(int), 9)
    for bin_ in range(10):
        inside = (place == bin_) & (matching | non_matching)
        total = weight[inside].sum()
        if total == 0:
            lines.append(f"| {bin_ / 10:.1f}-{bin_ / 10 + 0.1:.1f} | | | 0 | 0 |")
            continue
        mean = (weight * probabilities)[inside].sum() / total
        share = weight[inside & matching].sum() / total
        counts = f"{(inside & matching).sum()} | {(inside & non_matching).sum()}"
        lines.append(f"| {bin_ / 10:.1f}-{bin_ / 10 + 0.1:.1f} | {mean:.3f} | {share:.3f} | {counts} |")
    return lines


def cascade(pairs, unseen, tiers, sure, hopeless, all_thresholds):
    """Runs the tiers in order. Returns the probability of every pair and the index of the tier that decided it. `unseen`
    has the out-of-fold probabilities of each set of tiers."""
    whole = all_thresholds[tiers]
    probability = np.zeros(len(unseen[tiers]))
    place = np.full(len(probability), len(tiers) - 1)
    open_ = np.ones(len(probability), bool)
    for last in range(len(tiers)):
        run = tiers[: last + 1]
        repeated = pairs.repetition(run)
        sift_follows = "sift" in tiers[last + 1 :]
        probability[open_] = np.where(repeated & (not sift_follows), 0, unseen[run])[open_]
        if run in sure and run != tiers:
            certain = unseen[run] >= max(sure[run], whole["strict"])
            certain |= unseen[run] < min(hopeless[run], whole["lenient"])
            certain = np.where(repeated, not sift_follows, certain)
            place[open_ & certain] = last
            open_ &= ~certain
    return probability, place


def cascade_table(pairs, unseen, tiers, sure, hopeless, all_thresholds):
    """Returns the share of pairs that each tier decides, and the error rates of the cascade at every point."""
    probability, place = cascade(pairs, unseen, tiers, sure, hopeless, all_thresholds)
    matching, non_matching = pairs.of("matching"), pairs.of("non-matching")
    share = lambda which: f"{100 * which.mean():.1f} %" if len(which) else "-"
    lines = ["| decided by | matching pairs | non-matching pairs |", "|---|---|---|"]
    for index, tier in enumerate(tiers):
        lines.append(f"| {tier} | {share(place[matching] == index)} | {share(place[non_matching] == index)} |")
    return lines + [""] + rates_table(pairs, probability, all_thresholds[tiers])
