"""The clock that is wound by hand."""

from datetime import timedelta

import pytest

from anpr_match.backends.memory.clock import START, WoundClock


def test_stands_still() -> None:
    """It stands still by itself, and both of its times move by what it is wound."""
    clock = WoundClock()
    assert (clock.now(), clock.monotonic_s()) == (START, 0.0)
    clock.wind(1.5)
    assert (clock.now(), clock.monotonic_s()) == (START + timedelta(seconds=1.5), 1.5)


def test_never_back() -> None:
    """It cannot be wound back."""
    with pytest.raises(ValueError, match="back"):
        WoundClock().wind(-1)
