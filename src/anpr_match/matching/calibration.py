"""Fitting the weights of the evidence, so that of the matches called 0.9 nine in ten are right."""

from dataclasses import dataclass

import numpy as np

from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import ASSUMED, AT, FEATURES, TEXT_HIGH, TEXT_LOW

RIDGE = 0.1
"""At 0.5 fewer misreads are found on cameras and plates that were not fitted to (docs/topics/matching.md)."""
FIXED = 1e9
"""Holds a weight at its target: how often listed vehicles pass is a prior, and weighs what it says."""
FREE = 1e-6
DRAWN_TO = {"text_low": 1.0, "text": 1.0, "text_high": 1.0, "traffic": 1.0, **ASSUMED}
NOT_BELOW = {"text_low": 0.1, "text": 0.1, "text_high": 0.1, "make": 0.1, "colour": 0.1}
NOT_ABOVE = {"seen_1": 0.0, "seen_2": 0.0, "seen_3": 0.0, "seen_odd": 0.0}
"""A text that fits worse, other looks, or a plate known as another's never speak for a match, however few
misreads were there to fit to."""
ROUNDS = 100
CLIP = 30.0
STEP_MIN = 1e-9


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows of evidence of fuzzy candidates, whether each is right, how much it counts, and whether its
    read came with other readings."""

    rows: Floats
    right: Floats
    counts: Floats
    with_readings: Floats
    passages: float


def fitted(labelled: Labelled) -> dict[str, float]:
    """Weights by logistic regression, drawn to 1 for the text's likelihood ratio and 0 for the rest.

    No weight may turn what evidence says into its opposite (NOT_BELOW, NOT_ABOVE): one that would is
    held at its bound, and the others are fitted again.

    Whether a read came with other readings at all says which engine it has, not whether it is right:
    its own effect is fitted along and then dropped. The likelihood ratio of "not among the other
    readings" is counted directly, and the prior is fitted once more at the end.
    """
    x, y, n = labelled.rows.copy(), labelled.right, labelled.counts
    none, named = x[:, AT["reading_none"]].copy(), x[:, AT["reading_named"]]
    x[:, AT["reading_none"]] = labelled.with_readings
    _to_slopes(x)
    weights = _within_bounds(x, y, n)
    _from_slopes(weights)
    with_readings = (none + named) > 0
    right, wrong = none[with_readings & (y == 1)], none[with_readings & (y == 0)]
    weights[AT["reading_none"]] = np.log(
        (right.sum() + 1) / (len(right) + 2) * (len(wrong) + 2) / (wrong.sum() + 1)
    )
    x = labelled.rows
    offset = x @ weights
    shift = _logistic(np.ones((len(y), 1)), y, n, np.zeros(1), np.full(1, FREE), offset)
    weights[AT["prior"]] += shift[0]
    result = {name: round(float(weights[AT[name]]), 4) for name in FEATURES}
    return {**result, "passages": labelled.passages}


def _to_slopes(x: Floats) -> None:
    """The text's three columns as the ratio below, between and above its bends, so that their weights
    are the slopes there."""
    ratio = x[:, AT["text"]].copy()
    x[:, AT["text_low"]] = np.minimum(ratio, TEXT_LOW)
    x[:, AT["text"]] = np.clip(ratio, TEXT_LOW, TEXT_HIGH) - TEXT_LOW
    x[:, AT["text_high"]] = np.maximum(ratio - TEXT_HIGH, 0)


def _from_slopes(weights: Floats) -> None:
    """Weights of the columns as evidence has them; the constant that is between them goes to the prior."""
    low, middle, high = (weights[AT[name]] for name in ("text_low", "text", "text_high"))
    weights[AT["text_low"]], weights[AT["text_high"]] = low - middle, high - middle
    weights[AT["prior"]] += TEXT_LOW * (low - middle)


def _within_bounds(x: Floats, y: Floats, n: Floats) -> Floats:
    """Weights (of slopes) that fit best within their bounds."""
    target, ridge = np.zeros(len(FEATURES)), np.full(len(FEATURES), RIDGE)
    ridge[AT["prior"]] = FREE
    for name, weight in DRAWN_TO.items():
        target[AT[name]] = weight
    ridge[AT["traffic"]] = FIXED
    held: dict[str, float] = {}
    while True:
        weights = _logistic(x, y, n, target, ridge, np.zeros(len(y)))
        beyond = {name: least for name, least in NOT_BELOW.items() if weights[AT[name]] < least}
        beyond |= {name: most for name, most in NOT_ABOVE.items() if weights[AT[name]] > most}
        if beyond.keys() <= held.keys():
            for name, bound in held.items():
                weights[AT[name]] = bound
            return weights
        held |= beyond
        for name, bound in held.items():
            target[AT[name]], ridge[AT[name]] = bound, FIXED


def _logistic(x: Floats, y: Floats, n: Floats, target: Floats, ridge: Floats, offset: Floats) -> Floats:
    """Ridge logistic regression by Newton steps, towards `target`. A step that would make things worse
    is halved until it does not: whole steps may swing ever wider where few candidates are right."""
    weights = np.where(ridge >= FIXED, target, 0.0)
    if not offset.any():
        share = (n * y).sum() / n.sum()
        weights[0] = np.log(share / (1 - share))
    loss = _loss(x, y, n, offset, weights) + _pull(weights, target, ridge)
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights + offset, -CLIP, CLIP)))
        slope = x.T @ (n * (y - p)) - ridge * (weights - target)
        curve = (x * (n * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        before = loss
        while True:
            loss = _loss(x, y, n, offset, weights + step) + _pull(weights + step, target, ridge)
            if loss <= before or np.abs(step).max() < STEP_MIN:
                break
            step /= 2
        weights = weights + step
        if before - loss < STEP_MIN * abs(before):
            break
    return weights


def _loss(x: Floats, y: Floats, n: Floats, offset: Floats, weights: Floats) -> float:
    """How badly these weights say what happened: the negative log-likelihood."""
    odds = np.clip(x @ weights + offset, -CLIP, CLIP)
    return float((n * (np.logaddexp(0.0, odds) - y * odds)).sum())


def _pull(weights: Floats, target: Floats, ridge: Floats) -> float:
    return float((ridge * (weights - target) ** 2).sum() / 2)
