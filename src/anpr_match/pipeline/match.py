"""The matcher: take reads, match them, record hits and offsets together, announce, commit.

A read only ever moves right. A hit is recorded before it is announced, in one transaction with the
offset of its read; what is taken again after a fault is recorded once all the same.
"""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from anpr_match.domain import hit as hits
from anpr_match.domain.errors import Fenced
from anpr_match.domain.read import Read
from anpr_match.domain.reads import by_capture, heads, joined
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from anpr_match.matching.normalise import normalise_many
from anpr_match.pipeline import breaker, failpoints, put_off, recording, share
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.follow import Follow
from anpr_match.pipeline.pause import pause
from anpr_match.pipeline.poison import Poison
from anpr_match.pipeline.recording import Recording
from anpr_match.pipeline.share import Share
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetters
from anpr_match.ports.hit_store import HitStore
from anpr_match.ports.read_log import ReadLog, Slice
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.telemetry.health import Finding
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

LATE_AFTER = timedelta(minutes=10)
CLOCK_OFF_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """Batches grow from `batch_reads_min` to `batch_reads_max` while there is a backlog. Not ready when a
    batch takes longer than `batch_late_s`, or the log does not answer for `log_silent_s`. The lag is told
    when there is nothing to take, and every `lag_every_s`."""

    batch_reads_min: int = 500
    batch_reads_max: int = 16_000
    wait_s: float = 0.5
    retry: recording.Limits = field(default_factory=recording.Limits)
    batch_late_s: float = 30.0
    log_silent_s: float = 30.0
    lag_every_s: float = 1.0
    poison: breaker.Limits = field(default_factory=breaker.Limits)
    later: put_off.Limits = field(default_factory=put_off.Limits)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the matcher works with; `open_log` makes a fresh reader each time it starts."""

    open_log: Callable[[], ReadLog]
    hits: HitStore
    dead_letters: DeadLetters
    wake_up: WakeUp
    clock: Clock
    metrics: Metrics
    failpoint: failpoints.Pass = failpoints.none


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
        self._batch_began_s: float | None = None
        self._poison = Poison(limits.poison, parts.metrics)
        self._recording = Recording(parts.hits, parts.dead_letters, limits.retry)
        self._put_off = put_off.PutOff(parts.clock, limits.later)
        self._taken = 0
        self._note_lag_at_s = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        reads = self._parts.open_log()
        await reads.open(self._parts.hits)
        self._log = reads
        try:
            await self._until(stop, reads)
        finally:
            self._log = self._batch_began_s = None
            self._put_off.taken_back()
            await reads.close()
            log.info("matching_ended", reads_taken=self._taken)

    async def _until(self, stop: asyncio.Event, reads: ReadLog) -> None:
        batch_reads = self._limits.batch_reads_min
        while not stop.is_set():
            slices = await reads.take(batch_reads, self._put_off.left_s(self._limits.wait_s))
            taken = sum(len(part.reads) for part in slices)
            self._taken += taken
            if slices and (index := await self._current_index(stop)):
                self._batch_began_s = self._parts.clock.monotonic_s()
                with self._parts.metrics.batch_duration.time():
                    await self._batch(stop, reads, slices, index)
                self._batch_began_s = None
            if self._put_off.is_due:
                await self._record(stop, reads, [], [])
            batch_reads = self._next_batch_reads(taken)
            self._poison.forget_all_but(reads.assigned())
            if not slices or self._parts.clock.monotonic_s() >= self._note_lag_at_s:
                await self._note_lag(reads)
        await self._record(stop, reads, [], [])

    async def _current_index(self, stop: asyncio.Event) -> WatchlistIndex | None:
        """The list as it is now, asked for after the reads came; None when stopped first."""
        while (index := self._follow.index) is None and not stop.is_set():
            await pause(stop, self._limits.retry.retry_first_s)
        return index

    def _next_batch_reads(self, taken: int) -> int:
        """Twice what there was, within the limits: so they grow with a backlog, and one short answer of
        the log does not make them small again."""
        return max(self._limits.batch_reads_min, min(2 * taken, self._limits.batch_reads_max))

    async def _batch(
        self, stop: asyncio.Event, reads: ReadLog, slices: list[Slice], index: WatchlistIndex
    ) -> None:
        passed = self._parts.failpoint
        passed("after_decode")
        shares = [Share(part) for part in slices]
        found = await self._found(shares, index)
        passed("after_match")
        await self._judge(reads, shares)
        found = share.of_reads(found, shares)
        if self._put_off.takes(shares, found):
            self._count(shares, [], set())
        else:
            await self._record(stop, reads, shares, found)

    async def _record(
        self, stop: asyncio.Event, reads: ReadLog, shares: list[Share], found: Sequence[hits.Hit]
    ) -> None:
        """Write these shares and those that were put off."""
        passed = self._parts.failpoint
        if not (all_shares := [*self._put_off.taken_back(), *shares]):
            return
        try:
            done = await self._recording.write(stop, all_shares, found)
        except Fenced:
            self._parts.metrics.fenced.inc()
            log.warning("batch_fenced", partitions=len(all_shares))
            await reads.rewind()
            return
        if done is None:
            return
        passed("after_db_commit")
        if done.hits_new:
            await self._parts.wake_up.ring(Bell.EVENTS)
            log.info("hits_recorded", hits=done.hits_new, head_seq=done.head_seq)
        passed("after_announce")
        await reads.commit([replace(one.part, next_offset=one.next_offset) for one in all_shares])
        passed("after_offset_commit")
        self._count(shares, found, set(done.hit_ids))

    async def _found(self, shares: list[Share], index: WatchlistIndex) -> Sequence[hits.Hit]:
        """The hits of all reads; a read that the matcher fails on becomes a dead letter of its share.

        In the order in which they were captured, as the matcher's memory wants them, and as a replay of
        the same reads has them; each partition is very nearly in that order already.
        """
        reads = by_capture(joined([one.reads for one in shares]))
        found, failed = await self._sifted(reads, index, self._matcher)
        if failed:
            where = share.places(shares)
            for read, why in failed:
                one, place = where[id(read)]
                one.add(place, "matcher_failed", why)
        return found

    async def _sifted(
        self, reads: Sequence[Read], index: WatchlistIndex, matcher: Matcher
    ) -> tuple[list[hits.Hit], list[tuple[Read, str]]]:
        """The hits among the reads, and the reads that the matcher fails on: halved until they stand
        alone. Without memory from then on, for that has met these reads, and must not meet them twice."""
        try:
            return self.find(reads, index, matcher), []
        except Exception as error:  # noqa: BLE001 whatever it is, the other reads are to be matched
            why = where_raised(error)
        # Not even a batch of nothing but such reads may hold up the loop.
        await asyncio.sleep(0)
        if len(reads) <= 1:
            log.warning("match_failed", reads=len(reads), error=why)
            return [], [(read, why) for read in reads]
        middle = len(reads) // 2
        bare = matcher.without_memory()
        found, failed = await self._sifted(reads[:middle], index, bare)
        more_found, more_failed = await self._sifted(reads[middle:], index, bare)
        return found + more_found, failed + more_failed

    async def _judge(self, reads: ReadLog, shares: list[Share]) -> None:
        """Hold the partitions in which too much is bad."""
        for one in shares:
            if self._poison.judge(one):
                await reads.hold(one.part.partition, one.next_offset, self._limits.poison.hold_s)

    def find(self, reads: Sequence[Read], index: WatchlistIndex, matcher: Matcher) -> list[hits.Hit]:
        """The hits among these reads, by what the list holds now. Pure but for the clock."""
        now = self._parts.clock.now()
        with self._parts.metrics.match_duration.time():
            matches = matcher.match(reads, index, now, self._cameras.engines, self._cameras.places)
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

    def _count(self, shares: list[Share], found: Sequence[hits.Hit], new: set[str]) -> None:
        metrics = self._parts.metrics
        now = self._parts.clock.now()
        newest: dict[str, datetime] = {}
        for one in shares:
            for outcome, reads in outcomes(one.reads).items():
                metrics.reads.labels(outcome=outcome).inc(reads)
            for letter in one.letters:
                metrics.dead_letters.labels(reason=letter.reason).inc()
            newest.update({head.camera_id: head.captured_at for head in heads(one.reads)})
        for camera_id, captured_at in newest.items():
            metrics.read_age.observe(max(0.0, (now - captured_at).total_seconds()))
            if self._cameras.known(camera_id):
                metrics.camera_last_read.labels(camera_id=camera_id).set(captured_at.timestamp())
        for hit in {hit.hit_id: hit for hit in found if hit.hit_id in new}.values():
            metrics.hits.labels(tier=hit.match.tier.value).inc()

    async def _note_lag(self, reads: ReadLog) -> None:
        self._note_lag_at_s = self._parts.clock.monotonic_s() + self._limits.lag_every_s
        lag = await reads.lag()
        # What is no longer ours is another's to tell of: left standing, it would be a false alarm.
        self._parts.metrics.consumer_lag.clear()
        for partition, records in lag.items():
            label = f"{partition.topic}-{partition.number}"
            self._parts.metrics.consumer_lag.labels(partition=label).set(records)

    async def ready(self) -> Finding:
        if self._log is None:
            return Finding(ok=False, detail="the log of reads is not open yet")
        if self._batch_began_s is not None:
            batch_s = self._parts.clock.monotonic_s() - self._batch_began_s
            if batch_s > self._limits.batch_late_s:
                why = f": {self._recording.waits_for}" if self._recording.waits_for else ""
                return Finding(ok=False, detail=f"a batch takes {batch_s:.0f} s so far{why}")
        elif (silence_s := self._log.silence_s()) > self._limits.log_silent_s:
            return Finding(ok=False, detail=f"the log of reads has not answered for {silence_s:.0f} s")
        partitions = len(self._log.assigned())
        return Finding(ok=partitions > 0, detail=f"{partitions} partitions assigned")

    async def unpoisoned(self) -> Finding:
        """Says which partitions are held; the process can do its other work all the same."""
        return self._poison.finding()


def where_raised(error: BaseException) -> str:
    """What kind of error, and where: its text may quote a plate."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def outcomes(reads: Sequence[Read]) -> dict[str, int]:
    """How many of these reads had a plate that could be compared with the list, how many had none, and of how
    many the text was refused: none of it is dropped, for that would forge another plate."""
    plates = [head.plate for head in heads(reads)]
    without = [plate for plate, vrm in zip(plates, normalise_many(plates), strict=True) if vrm is None]
    unread = sum(not plate.strip() for plate in without)
    return {
        "matched": len(plates) - len(without),
        "no_plate": unread,
        "not_comparable": len(without) - unread,
    }


def is_late(captured_at: datetime, now: datetime) -> bool:
    """Whether a hit is to be shown with its age and never sounded: the read reached us more than ten
    minutes after capture, or the camera's clock runs more than five minutes ahead."""
    return now - captured_at > LATE_AFTER or captured_at - now > CLOCK_OFF_AFTER
