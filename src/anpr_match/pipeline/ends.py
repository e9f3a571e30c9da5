"""Ending entries whose time has come, so that their cards are taken away and the list stays true; and
erasing what an import left that was broken off.

Matching does not wait for this: an entry past its end matches nothing from that moment on.
"""

import asyncio

import structlog

from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.ports.watchlist_store import WatchlistStore

log = structlog.get_logger(__name__)

ENTRIES_AT_ONCE_MAX = 500


class Ends:
    """Any number of processes may run it; each entry ends once."""

    def __init__(self, store: WatchlistStore, wake_up: WakeUp, clock: Clock, every_s: float) -> None:
        self._store = store
        self._wake_up = wake_up
        self._clock = clock
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self.end_due():
                await self._undo_broken_off()
                await pause(stop, self._every_s)

    async def _undo_broken_off(self) -> None:
        if undone := await self._store.undo_broken_off(self._clock.now()):
            log.warning("imports_undone", imports=undone)

    async def end_due(self) -> int:
        """End what is due; returns how many entries were ended."""
        ended = await self._store.end_due(self._clock.now(), ENTRIES_AT_ONCE_MAX)
        if ended:
            log.info("entries_ended", entries=ended)
            await self._wake_up.ring(Bell.WATCHLIST)
            await self._wake_up.ring(Bell.EVENTS)
        return ended
