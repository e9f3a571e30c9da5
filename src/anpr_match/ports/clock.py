"""The time of day."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time, so that tests can wind it."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        ...
