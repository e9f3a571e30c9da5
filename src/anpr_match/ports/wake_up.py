"""Telling other processes that there is something new: a hint, never the news itself."""

from enum import StrEnum
from typing import Protocol


class Bell(StrEnum):
    WATCHLIST = "watchlist"
    EVENTS = "events"
    REGISTERS = "registers"


class Listener(Protocol):
    """One who waits for one bell. Rings that come while it is not waiting are remembered as one."""

    async def wait(self, wait_s: float) -> None:
        """Return at the next ring, at once if one came since the last wait, or after `wait_s`."""
        ...


class WakeUp(Protocol):
    """May lose a ring: who waits must look for itself afterwards, and must wait with a limit,
    since the stores are the truth."""

    async def ring(self, bell: Bell) -> None:
        """Wake whoever listens for `bell`, in every process that shares the store. Never raises."""
        ...

    def listen(self, bell: Bell) -> Listener:
        """Begin to listen; a ring between looking and waiting is then not lost."""
        ...

    async def close(self) -> None: ...
