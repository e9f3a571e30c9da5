"""Hits are judged by figures that chance does not fool."""

import numpy as np
import pytest

from anpr_match.replay.evaluate import ece_by_chance


def test_few_hits_look_badly_calibrated_by_chance() -> None:
    """The fewer the hits, the more chance alone makes of the calibration error."""
    few, many = np.full(30, 0.5), np.full(3000, 0.5)
    # Of a fair coin thrown n times the share is off by sqrt(2 / pi) * 0.5 / sqrt(n) on average.
    assert ece_by_chance(few) == pytest.approx(0.0728, rel=0.15)
    assert ece_by_chance(many) == pytest.approx(0.0073, rel=0.15)


def test_certain_hits_leave_nothing_to_chance() -> None:
    """Hits that are surely right or wrong, or no hits at all, have no error by chance."""
    assert ece_by_chance(np.array([0.0, 1.0])) == 0.0
    assert ece_by_chance(np.array([])) == 0.0
