"""The clock of the machine."""

from datetime import timedelta

from anpr_match.backends.local.clock import SystemClock


def test_times() -> None:
    """The time of day is aware and in UTC, and the other time does not go back."""
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    first = clock.monotonic_s()
    assert clock.monotonic_s() >= first
