"""Weights fitted to labelled evidence say what happens."""

from dataclasses import replace

import numpy as np
import pytest

from anpr_match.matching.calibration import Labelled, fitted
from anpr_match.matching.evidence import AT, FEATURES, SEEN, TEXT_HIGH, TEXT_LOW
from anpr_match.matching.model import default


@pytest.fixture(scope="module")
def labelled() -> Labelled:
    """Candidates whose text ratio is to be believed at 0.8, and half of which have other readings."""
    rng = np.random.default_rng(3)
    count = 6000
    rows = np.zeros((count, len(FEATURES)))
    rows[:, AT["prior"]] = 1
    rows[:, AT["text"]] = rng.normal(4, 3, count)
    right = (rng.random(count) < 1 / (1 + np.exp(4 - 0.8 * rows[:, AT["text"]]))).astype(float)
    with_readings = (rng.random(count) < 0.5).astype(float)
    named = (with_readings == 1) & (rng.random(count) < np.where(right == 1, 0.6, 0.05))
    rows[named, AT["reading_named"]] = 1
    rows[(with_readings == 1) & ~named, AT["reading_none"]] = 1
    return Labelled(rows, right, np.ones(count), with_readings, 1e-6)


def test_the_texts_weight_is_found(labelled: Labelled) -> None:
    """The text's weight comes near the one that made the labels."""
    assert fitted(labelled)["text"] == pytest.approx(0.8, abs=0.15)


def test_probabilities_are_calibrated(labelled: Labelled) -> None:
    """Over all candidates, the mean probability is the share that was right."""
    weights = fitted(labelled)
    odds = labelled.rows @ np.array([weights[name] for name in FEATURES])
    assert (1 / (1 + np.exp(-odds))).mean() == pytest.approx(labelled.right.mean(), abs=0.01)


def test_readings_speak_both_ways(labelled: Labelled) -> None:
    """A plate named among the other readings is likelier, one that is not named less likely."""
    weights = fitted(labelled)
    assert weights["reading_named"] > 1
    assert weights["reading_none"] < 0


def test_a_text_that_fits_worse_never_speaks_for_a_match(labelled: Labelled) -> None:
    """Where the few candidates with a poor text happen to be right, the text's weight is held at its
    bound, and more of the ratio is never less."""
    poor = labelled.rows[:, AT["text"]] < 0
    rows, right = labelled.rows.copy(), np.where(poor, 1.0, labelled.right)
    rows[:, AT["text_high"]] = np.maximum(rows[:, AT["text"]] - TEXT_HIGH, 0)
    rows[:, AT["text_low"]] = np.minimum(rows[:, AT["text"]] - TEXT_LOW, 0)
    weights = fitted(replace(labelled, rows=rows, right=right))
    assert weights["text"] + weights["text_low"] == pytest.approx(0.1, abs=0.01)


def test_the_shipped_model_keeps_the_bounds() -> None:
    """In the model that is shipped, too, no evidence is turned into its opposite."""
    weights = default().weights
    assert min(weights["text"], *(weights["text"] + weights[bend] for bend in ("text_low", "text_high"))) > 0
    assert min(weights["make"], weights["colour"]) > 0
    assert max(weights[name] for name in SEEN) <= 0
