"""Logistic model of counts with non-negative weights: more inliers never lower the probability."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

# Ridge penalty; keeps weights finite if a tier separates all training pairs.
RIDGE = 1e-3


# Weight of all drawn pairs relative to all real ones.
DRAWN = 0.5


@dataclass
class Model:
    """p = 1 / (1 + exp(-(bias + sum of weights * inputs))) with inputs from `inputs`, tier by tier."""

    bias: float
    weights: np.ndarray  # tiers x 2: of inliers, of confirmed ones
    scales: np.ndarray  # tiers x 2: of inliers, of confirmed ones

    def probability(self, scores):
        """Returns the probabilities of scores [pairs, tiers, 2]."""
        exponent = self.bias + inputs(scores, self.scales) @ self.weights.ravel()
        return 1 / (1 + np.exp(-exponent))


def inputs(scores, scales):
    """Returns saturated counts [pairs, tiers x 2]."""
    return np.log1p(scores / scales).reshape(len(scores), -1)


def fit(scores, matching, prior, drawn=None):
    """Returns the model with the smallest weighted log loss and weights of at least 0.

    All matching pairs together weigh `prior`, all non-matching ones 1 - `prior`, and all drawn ones of either kind
    `DRAWN` times as much as the real ones. The scale of a count is the 99 % quantile of real non-matching pairs, at
    least 1: counts are nearly linear up to it and saturate beyond.
    """
    drawn = np.zeros(len(matching), bool) if drawn is None else drawn
    scales = np.maximum(1.0, np.quantile(scores[~matching & ~drawn], 0.99, axis=0))
    x = inputs(scores, scales)
    weight = np.zeros(len(matching))
    for is_matching, share in ((True, prior), (False, 1 - prior)):
        for is_drawn, times in ((False, 1.0), (True, DRAWN)):
            which = (matching == is_matching) & (drawn == is_drawn)
            weight[which] = share * times / max(1, which.sum())
    weight /= weight.sum()

    def loss(parameters):
        exponent = parameters[0] + x @ parameters[1:]
        signed = np.where(matching, exponent, -exponent)
        value = (weight * np.logaddexp(0, -signed)).sum() + RIDGE * (parameters[1:] ** 2).sum()
        slope = weight * (1 / (1 + np.exp(-exponent)) - matching)
        gradient = np.concatenate([[slope.sum()], x.T @ slope + 2 * RIDGE * parameters[1:]])
        return value, gradient

    tiers = scores.shape[1]
    bounds = [(None, None)] + [(0, None)] * (2 * tiers)
    start = np.concatenate([[-1.0], np.ones(2 * tiers)])
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    if not found.success:
        raise SystemExit(f"fit: failed to find a model: {found.message}")
    return Model(found.x[0], found.x[1:].reshape(tiers, 2), scales)


def out_of_fold(pairs, scores, prior, folds, division=0):
    """Returns the probability of every pair by a model that was fitted without its sites.

    Sites are assigned to folds. A pair of sites in folds i and j is scored by the model of all pairs without a photo
    in either. Look-alikes are scored but never fitted to.
    """
    fold = site_folds(pairs, folds, division)
    a, b = fold[pairs.sites[:, 0]], fold[pairs.sites[:, 1]]
    fitted = ~pairs.of("look-alike")
    probabilities = np.full(len(a), np.nan)
    for i in range(folds):
        for j in range(i, folds):
            tested = ((a == i) & (b == j)) | ((a == j) & (b == i))
            if not tested.any():
                continue
            training = fitted & ~np.isin(a, [i, j]) & ~np.isin(b, [i, j])
            matching = pairs.of("matching")[training]
            if matching.all() or not matching.any():
                raise SystemExit("fit: failed to fit: a fold leaves no matching or no non-matching pairs; use fewer folds")
            model = fit(scores[training], matching, prior, pairs.drawn[training])
            probabilities[tested] = model.probability(scores[tested])
    return probabilities


class site_folds:
    """Fold of each site: the one with the fewest matching pairs so far. Division 0 starts with the sites that have the
    most matching pairs, as scikit-learn's GroupKFold does; every other one shuffles the order."""

    def __init__(self, pairs, folds, division):
        matching = pairs.sites[pairs.of("matching"), 0]
        sites = np.unique(pairs.sites)
        counts = {site: int((matching == site).sum()) for site in sites}
        sizes = [[0, 0] for _ in range(folds)]
        self.folds = {}
        order = sorted(sites, key=lambda site: (-counts[site], site))
        if division:
            np.random.default_rng(division).shuffle(order)
        for site in order:
            place = min(range(folds), key=lambda place: (sizes[place], place))
            self.folds[site] = place
            sizes[place][0] += counts[site]
            sizes[place][1] += 1

    def __getitem__(self, sites):
        return np.array([self.folds[site] for site in sites])
