"""The flow over parts in memory: a watchlist that is followed, a log of reads, a matcher, a hub."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from anpr_match.backends.memory.clock import START, WoundClock
from anpr_match.backends.memory.dead_letters import MemoryDeadLetters
from anpr_match.backends.memory.hit_store import MemoryHitStore
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.read_log import MemoryReadLog, MemoryReadLogReader
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.backends.memory.watchlist_store import MemoryWatchlistStore
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import model as models
from anpr_match.matching.matcher import Matcher
from anpr_match.pipeline import breaker, deliver, follow, match, put_off, recording
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.telemetry.metrics import Metrics
from tests.contract.makers import some_terms

ANALYST = Caller("t-analyst", Role.ANALYST, "herts", "desk 4")
WAIT_S = 60.0
HOLD_S = 0.05
PUT_OFF_S = 1.0


def a_read(read_id: str, plate: str = "AB01CDE", at: datetime = START, camera_id: str = "CAM001") -> Read:
    return Read(camera_id=camera_id, captured_at=at, plate=plate, read_id=read_id)


class Flow:
    """Every part of the flow, wound by hand."""

    def __init__(
        self,
        partitions: int = 2,
        matcher: Matcher | None = None,
        hits: type[MemoryHitStore] = MemoryHitStore,
        put_off_reads_max: int = 0,
    ) -> None:
        self.clock = WoundClock()
        self.ledger = Ledger()
        self.log = MemoryReadLog(partitions)
        self.wake_up = MemoryWakeUp()
        self.metrics = Metrics("test")
        self.hits = hits(self.ledger, self.clock)
        self.watchlist = MemoryWatchlistStore(self.ledger)
        self.letters = MemoryDeadLetters(self.clock)
        self.cameras = CameraBook(MemoryRegisters(self.ledger), self.wake_up, 5.0)
        self.follow = follow.Follow(
            self.watchlist, self.wake_up, self.clock, self.metrics, follow.Limits(poll_s=0.01)
        )
        self.hub = deliver.Hub(
            self.hits,
            self.watchlist,
            self.wake_up,
            self.clock,
            deliver.Limits(poll_s=0.01, page_events=3, ring_events=4),
        )
        parts = match.Parts(
            open_log=lambda: MemoryReadLogReader(self.log),
            hits=self.hits,
            dead_letters=self.letters,
            wake_up=self.wake_up,
            clock=self.clock,
            metrics=self.metrics,
        )
        limits = match.Limits(
            batch_reads_min=2,
            batch_reads_max=8,
            wait_s=0.01,
            retry=recording.Limits(retry_first_s=0.001),
            poison=breaker.Limits(hold_s=HOLD_S),
            later=put_off.Limits(put_off_reads_max, PUT_OFF_S),
        )
        matcher = matcher or Matcher(models.default())
        self.matching = match.Matching(parts, self.follow, self.cameras, matcher, limits)

    async def list_plate(self, plate: str = "AB01CDE", **terms: Any) -> Entry:
        return await self.watchlist.create(
            f"e-{plate}", some_terms(plate, **terms), ANALYST, self.clock.now()
        )

    async def hit_reads(self) -> list[str]:
        """The read ids of the hits in the log, in order."""
        events = await self.hits.events(0, 10_000)
        bodies = [await self.hits.hit_body(event.hit_id) for event in events]
        return [body.body.split('"read_id":"')[1].split('"')[0] for body in bodies if body is not None]

    def counted(self, metric: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(metric, labels) or 0.0

    def done(self, partition: int) -> int | None:
        """The offset up to which the partition is done."""
        return self.ledger.claims["anpr-match", self.log.partitions[partition]].next_offset

    @asynccontextmanager
    async def matched(self) -> AsyncIterator[None]:
        """The list is followed and reads are matched while this lasts."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.follow.run(stop))
            group.create_task(self.matching.run(stop))
            try:
                yield
            finally:
                stop.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the flow run until it holds; fails after a time."""
        async with asyncio.timeout(WAIT_S):
            while not holds():  # noqa: ASYNC110 what is waited for are plain values of many parts
                # Not 0: a loop that spins keeps Python's lock from the thread that builds the index.
                await asyncio.sleep(0.001)
