"""Logistic model of a keyword's evidence with a small bias of its own for each keyword."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

# As in crates/vision/src/local_classifier/weights.rs.
MARGIN = 1e-4
# Columns of the inputs: biases and logits of keywords without and with a label of the object detector.
COLUMNS = ("classes.maximum", "classes.mean", "objects.bias", "objects.maximum", "objects.mean", "objects.detected")
# Penalty of a keyword's own bias: most keywords have few photos.
RIDGE = 3.0
# Weight of all photos of a keyword's thing, relative to those without it. Equal for every keyword, since how often this set
# shows a thing says nothing about a challenge. No photo counts more than MAX_WEIGHT times.
SHARE = 0.02
MAX_WEIGHT = 4.0
# Weight of smaller things that a photo shows too.
ALSO_WEIGHT = 0.5


@dataclass
class Data:
    """Pairs of a photo and a keyword."""

    inputs: np.ndarray  # pairs x COLUMNS
    keywords: np.ndarray  # numbers
    roles: np.ndarray
    groups: np.ndarray

    def some(self, which: np.ndarray) -> "Data":
        return Data(self.inputs[which], self.keywords[which], self.roles[which], self.groups[which])


@dataclass
class Weights:
    bias: float
    columns: np.ndarray
    keywords: np.ndarray

    def exponents(self, data: Data) -> np.ndarray:
        return self.bias + data.inputs @ self.columns + self.keywords[data.keywords]


def inputs(maximum: float, mean: float, detected: float | None) -> list[float]:
    """Returns a row of inputs."""
    if detected is None:
        return [_logit(maximum), _logit(mean), 0.0, 0.0, 0.0, 0.0]
    return [0.0, 0.0, 1.0, _logit(maximum), _logit(mean), _logit(detected)]


def fit(data: Data, keywords: int) -> Weights:
    """Returns the weights with the smallest weighted log loss; those of evidence are at least 0."""
    shown = data.roles != "other"
    weight = np.where(data.roles == "also", ALSO_WEIGHT, 1.0)
    positive = np.bincount(data.keywords, weight * shown, keywords)
    negative = np.bincount(data.keywords, weight * ~shown, keywords)
    factor = np.minimum(SHARE * negative / np.maximum(positive, 1e-9), MAX_WEIGHT)
    weight = np.where(shown, weight * factor[data.keywords], weight)
    columns = len(COLUMNS)

    def loss(parameters):
        weights = Weights(parameters[0], parameters[1 : 1 + columns], parameters[1 + columns :])
        exponents = weights.exponents(data)
        value = (weight * np.logaddexp(0, np.where(shown, -exponents, exponents))).sum()
        value += RIDGE * (weights.keywords**2).sum() / 2 + 0.01 * (weights.columns**2).sum()
        slope = weight * (1 / (1 + np.exp(-exponents)) - shown)
        own = np.bincount(data.keywords, slope, keywords) + RIDGE * weights.keywords
        return value, np.concatenate([[slope.sum()], data.inputs.T @ slope + 0.02 * weights.columns, own])

    bounds = [(None, None)] + [(None if name.endswith("bias") else 0, None) for name in COLUMNS] + [(None, None)] * keywords
    found = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500})
    return Weights(found.x[0], found.x[1 : 1 + columns], found.x[1 + columns :])


def folds(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Returns the fold of each pair; a group is in one fold, and the folds have about the same size."""
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load, fold = np.zeros(count), {}
    for index in order:
        fold[names[index]] = int(np.argmin(load))
        load[fold[names[index]]] += sizes[index]
    return np.array([fold[group] for group in groups])


def out_of_fold(data: Data, keywords: int, count: int, seed: int) -> np.ndarray:
    """Returns exponents of weights that were fitted without the pair's group."""
    exponents, fold = np.empty(len(data.roles)), folds(data.groups, count, seed)
    for number in range(count):
        test = fold == number
        exponents[test] = fit(data.some(~test), keywords).exponents(data.some(test))
    return exponents


def threshold(exponents: np.ndarray, roles: np.ndarray, share: float) -> float:
    """Returns the smallest exponent that at most this share of non-matching pairs reaches."""
    ordered = np.sort(exponents[roles == "other"])[::-1]
    return float(np.nextafter(ordered[int(share * len(ordered))], np.inf))


def unseen(data: Data, keywords: int, share: float) -> np.ndarray:
    """Returns exponents by nested cross-validation: neither the weights nor the threshold, which is subtracted, have seen the
    pair's group."""
    exponents, fold = np.empty(len(data.roles)), folds(data.groups, 5, 0)
    for number in range(5):
        test, train = fold == number, data.some(fold != number)
        limit = threshold(out_of_fold(train, keywords, 4, 1), train.roles, share)
        exponents[test] = fit(train, keywords).exponents(data.some(test)) - limit
    return exponents


def _logit(probability: float) -> float:
    probability = min(max(probability, MARGIN), 1 - MARGIN)
    return float(np.log(probability / (1 - probability)))
