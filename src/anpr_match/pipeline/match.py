"""The matcher: take reads, match them, record hits and offsets together, announce, commit.

A read only ever moves right. A hit is recorded before it is announced, in one transaction with the
offset of its read; what is taken again after a fault is recorded once all the same.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

import structlog

from anpr_match.domain import hit as hits
from anpr_match.domain.errors import Fenced, Unavailable
from anpr_match.domain.read import Read
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.follow import Follow
from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetters
from anpr_match.ports.hit_store import Done, HitStore
from anpr_match.ports.read_log import ReadLog, Slice
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.telemetry.health import Finding
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

LATE_AFTER = timedelta(minutes=10)
CLOCK_OFF_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """Batches grow from `batch_reads_min` to `batch_reads_max` while there is a backlog."""

    batch_reads_min: int = 500
    batch_reads_max: int = 4_000
    wait_s: float = 0.5
    retry_first_s: float = 0.1
    retry_max_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the matcher works with; `open_log` makes a fresh reader each time it starts."""

    open_log: Callable[[], ReadLog]
    hits: HitStore
    dead_letters: DeadLetters
    wake_up: WakeUp
    clock: Clock
    metrics: Metrics


class Matching:
    """One reader of the log. Any number of them share its partitions."""

    def __init__(
        self, parts: Parts, follow: Follow, cameras: CameraBook, matcher: Matcher, limits: Limits
    ) -> None:
        self._parts = parts
        self._follow = follow
        self._cameras = cameras
        self._matcher = matcher
        self._limits = limits
        self._log: ReadLog | None = None

    async def run(self, stop: asyncio.Event) -> None:
        reads = self._parts.open_log()
        await reads.open(self._parts.hits)
        self._log = reads
        try:
            await self._until(stop, reads)
        finally:
            self._log = None
            await reads.close()

    async def _until(self, stop: asyncio.Event, reads: ReadLog) -> None:
        batch_reads = self._limits.batch_reads_min
        while not stop.is_set():
            slices = await reads.take(batch_reads, self._limits.wait_s)
            if slices and (index := await self._current_index(stop)):
                with self._parts.metrics.batch_duration.time():
                    await self._batch(stop, reads, slices, index)
            batch_reads = self._next_batch_reads(batch_reads, slices)
            await self._note_lag(reads)

    async def _current_index(self, stop: asyncio.Event) -> WatchlistIndex | None:
        """The list as it is now, asked for after the reads came; None when stopped first."""
        while (index := self._follow.index) is None and not stop.is_set():
            await pause(stop, self._limits.retry_first_s)
        return index

    def _next_batch_reads(self, now: int, slices: Sequence[Slice]) -> int:
        full = sum(len(s.reads) for s in slices) >= now
        return min(now * 2, self._limits.batch_reads_max) if full else self._limits.batch_reads_min

    async def _batch(
        self, stop: asyncio.Event, reads: ReadLog, slices: list[Slice], index: WatchlistIndex
    ) -> None:
        reads_of_all = (read for part in slices for read in part.reads)
        # In the order in which they were captured, as the matcher's memory wants them, and as a replay
        # of the same reads has them; each partition is very nearly in that order already.
        found = self.find(sorted(reads_of_all, key=attrgetter("captured_at")), index)
        try:
            recorded = await self._recorded(stop, slices, found)
        except Fenced:
            self._parts.metrics.fenced.inc()
            log.warning("batch_fenced", partitions=len(slices))
            await reads.rewind()
            return
        if recorded is None:
            return
        if recorded.hits_new:
            await self._parts.wake_up.ring(Bell.EVENTS)
            log.info("hits_recorded", hits=recorded.hits_new, head_seq=recorded.head_seq)
        await reads.commit(slices)
        self._count(slices, found)

    async def _recorded(
        self, stop: asyncio.Event, slices: list[Slice], found: list[hits.Hit]
    ) -> hits.Recorded | None:
        """Write the batch, however long the store is away; None when stopped first."""
        wait_s = self._limits.retry_first_s
        letters = [part for part in slices if part.unreadable]
        done = [Done(part.partition, part.owner_epoch, part.next_offset) for part in slices]
        while True:
            try:
                while letters:
                    await self._parts.dead_letters.keep(letters[-1].partition, letters[-1].unreadable)
                    letters.pop()
                return await self._parts.hits.record(found, done)
            except Unavailable as error:
                log.warning("record_unavailable", detail=error.detail, wait_s=wait_s)
            await pause(stop, wait_s)
            if stop.is_set():
                return None
            wait_s = min(wait_s * 2, self._limits.retry_max_s)

    def find(self, reads: Sequence[Read], index: WatchlistIndex) -> list[hits.Hit]:
        """The hits among these reads, by what the list holds now. Pure but for the clock."""
        now = self._parts.clock.now()
        with self._parts.metrics.match_duration.time():
            matches = self._matcher.match(reads, index, now, self._cameras.engines)
        return [self._hit(reads[place], match, now, index.revision) for place, match in matches]

    def _hit(self, read: Read, match: hits.Match, now: datetime, revision: int) -> hits.Hit:
        return hits.Hit(
            hit_id=hits.hit_id(read, match.entry.entry_id),
            read=read,
            match=match,
            camera=self._cameras.camera(read.camera_id),
            matched_at=now,
            watchlist_revision=revision,
            late=is_late(read.captured_at, now),
        )

    def _count(self, slices: list[Slice], found: list[hits.Hit]) -> None:
        metrics = self._parts.metrics
        now = self._parts.clock.now()
        newest: dict[str, datetime] = {}
        for part in slices:
            metrics.reads.labels(outcome="matched").inc(len(part.reads))
            for letter in part.unreadable:
                metrics.dead_letters.labels(reason=letter.reason).inc()
            newest.update({read.camera_id: read.captured_at for read in part.reads})
        for camera_id, captured_at in newest.items():
            metrics.read_age.observe(max(0.0, (now - captured_at).total_seconds()))
            if self._cameras.known(camera_id):
                metrics.camera_last_read.labels(camera_id=camera_id).set(captured_at.timestamp())
        for hit in found:
            metrics.hits.labels(tier=hit.match.tier.value).inc()

    async def _note_lag(self, reads: ReadLog) -> None:
        for partition, records in (await reads.lag()).items():
            label = f"{partition.topic}-{partition.number}"
            self._parts.metrics.consumer_lag.labels(partition=label).set(records)

    async def ready(self) -> Finding:
        if self._log is None:
            return Finding(ok=False, detail="the log of reads is not open yet")
        partitions = len(self._log.assigned())
        return Finding(ok=partitions > 0, detail=f"{partitions} partitions assigned")


def is_late(captured_at: datetime, now: datetime) -> bool:
    """Whether a hit is to be shown with its age and never sounded: the read reached us more than ten
    minutes after capture, or the camera's clock runs more than five minutes ahead."""
    return now - captured_at > LATE_AFTER or captured_at - now > CLOCK_OFF_AFTER
