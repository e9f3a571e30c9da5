"""Following the watchlist: a snapshot, then changes, into an index that is swapped whole.

The only writer of the index. The list is looked at every `poll_s`; a ring only shortens the wait.
"""

import asyncio
from dataclasses import dataclass

import structlog

from anpr_match.matching.index import WatchlistIndex
from anpr_match.pipeline import collector
from anpr_match.ports.clock import Clock
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.ports.watchlist_store import WatchlistStore
from anpr_match.telemetry.health import Finding
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """`stale_s`: not ready when the list was last known current longer ago than this; after
    `pause_s` matching stops rather than miss hits quietly. Few seconds, since an entry that was listed
    right before the database went away would be missed by all that is matched until it is back.

    With `changes_max` changes at once (an import) the whole list is loaded anew, and until it is there reads
    are matched with the list from before, for `take_in_s` at most."""

    poll_s: float = 0.5
    changes_max: int = 2_000
    stale_s: float = 10.0
    pause_s: float = 3.0
    take_in_s: float = 15.0


class Follow:
    """`index` is the newest immutable snapshot; whoever matches takes it once per batch."""

    def __init__(
        self, store: WatchlistStore, wake_up: WakeUp, clock: Clock, metrics: Metrics, limits: Limits
    ) -> None:
        self._store = store
        self._wake_up = wake_up
        self._clock = clock
        self._metrics = metrics
        self._limits = limits
        self._index: WatchlistIndex | None = None
        self._building: asyncio.Future[WatchlistIndex] | None = None
        self._current_at_s = float("-inf")
        self._taking_in_until_s = float("-inf")
        # As it is when it is asked for, also while the store hangs.
        metrics.watchlist_lag.set_function(lambda: min(self._age_s(), 86_400))

    @property
    def index(self) -> WatchlistIndex | None:
        """None until the list is loaded, and while it is too old to be matched with."""
        if self._age_s() <= self._limits.pause_s or self._clock.monotonic_s() < self._taking_in_until_s:
            return self._index
        return None

    async def run(self, stop: asyncio.Event) -> None:
        heard = self._wake_up.listen(Bell.WATCHLIST)
        while not stop.is_set():
            await self.catch_up()
            await heard.wait(self._limits.poll_s)

    async def catch_up(self) -> None:
        """Bring the index to the newest revision. Raises `Unavailable`."""
        index = self._index
        if index is None:
            index = await self._built(await self._begin_building())
        if not await self._amend(index):
            await self._take_in()
        await self._rebuild_in_turn()

    async def _amend(self, index: WatchlistIndex) -> bool:
        """Swap in this index with every change since it was built; False when they are too many for that."""
        asked_at_s = self._clock.monotonic_s()
        changes = await self._store.changes(index.revision, self._limits.changes_max)
        if len(changes) == self._limits.changes_max:
            return False
        self._swap(index.amended(changes) if changes else index)
        self._current_at_s = asked_at_s
        return True

    async def _take_in(self) -> None:
        """Load the list anew. Hits of the list from before do not wait for that."""
        self._taking_in_until_s = self._clock.monotonic_s() + self._limits.take_in_s
        try:
            while not await self._amend(await self._built(await self._begin_building())):
                continue
        finally:
            self._taking_in_until_s = float("-inf")

    async def _rebuild_in_turn(self) -> None:
        """With many changes a new index is built, beside the one that goes on being followed."""
        if self._building is not None and self._building.done():
            building, self._building = self._building, None
            if not await self._amend(await self._built(building)):
                await self._take_in()
        elif self._building is None and self._index is not None and self._index.needs_rebuild():
            self._building = await self._begin_building()

    async def _begin_building(self) -> "asyncio.Future[WatchlistIndex]":
        snapshot = await self._store.snapshot()
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(None, WatchlistIndex.build, snapshot.entries, snapshot.revision)

    async def _built(self, building: "asyncio.Future[WatchlistIndex]") -> WatchlistIndex:
        index = await building
        collector.settle()
        log.info("watchlist_loaded", revision=index.revision, entries=len(index))
        return index

    def _swap(self, index: WatchlistIndex) -> None:
        self._index = index
        self._metrics.watchlist_revision.set(index.revision)
        self._metrics.watchlist_entries.set(len(index))

    def _age_s(self) -> float:
        return self._clock.monotonic_s() - self._current_at_s

    async def ready(self) -> Finding:
        if self._index is None:
            return Finding(ok=False, detail="the watchlist is not loaded yet")
        if self._age_s() > self._limits.stale_s:
            return Finding(ok=False, detail=f"the watchlist was last current {self._age_s():.0f} s ago")
        return Finding(ok=True, detail=f"revision {self._index.revision}, {len(self._index)} entries")
