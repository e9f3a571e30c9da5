"""A clock that stands still until it is wound."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class WoundClock:
    """Both of its times move together, and only by `wind`."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def wind(self, seconds: float) -> None:
        """Move the time on; raises `ValueError` for a step back, which a clock does not do."""
        if seconds < 0:
            raise ValueError("a clock does not go back")
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
