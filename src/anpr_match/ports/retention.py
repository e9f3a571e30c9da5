"""Forgetting what was kept long enough."""

from datetime import datetime
from typing import Protocol


class Retention(Protocol):
    async def forget_hits(self, before: datetime, events_max: int) -> int:
        """Erase the oldest events of the log recorded before that time, at most `events_max`; returns
        how many. With the last event of a hit goes the hit, and with the last hit of a passing the passing.

        The log stays without a gap: only its beginning goes, and `bounds` says where it begins now. What
        was erased is recorded in the audit in the same transaction. Raises `Unavailable`.
        """
        ...

    async def forget_replays(self, before: datetime) -> None:
        """Forget that dead letters were put back before that time. Raises `Unavailable`."""
        ...

    async def forget_devices(self, before: datetime) -> None:
        """Forget devices of feeds that neither connected nor said how far they had come since before
        that time. Raises `Unavailable`."""
        ...
