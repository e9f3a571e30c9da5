"""The ports of the matcher with a stopwatch on each call, and an end after so many reads."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from anpr_match.domain.event import Bounds, Event
from anpr_match.domain.hit import Hit, Recorded, hit_id
from anpr_match.ports.hit_store import Done, HitStore
from anpr_match.ports.read_log import Claim, Claims, Partition, ReadLog, Slice


@dataclass(slots=True)
class Times:
    """Seconds in each stage, from when the log was open until `reads_wanted` were committed."""

    reads_wanted: int
    stop: asyncio.Event
    take_s: float = 0.0
    record_s: float = 0.0
    commit_s: float = 0.0
    reads: int = 0
    hits: int = 0
    batches: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    began_cpu_s: float = 0.0
    ended_cpu_s: float = 0.0

    def begin(self) -> None:
        self.began_s, self.began_cpu_s = time.perf_counter(), time.process_time()

    def committed(self, slices: Sequence[Slice]) -> None:
        self.reads += sum(len(part.reads) + len(part.unreadable) for part in slices)
        self.batches += 1
        if self.reads >= self.reads_wanted:
            self.ended_s, self.ended_cpu_s = time.perf_counter(), time.process_time()
            self.stop.set()

    @property
    def wall_s(self) -> float:
        return self.ended_s - self.began_s

    @property
    def cpu_s(self) -> float:
        return self.ended_cpu_s - self.began_cpu_s


class TimedLog:
    """A log of reads, timed."""

    def __init__(self, log: ReadLog, times: Times) -> None:
        self._log = log
        self._times = times

    async def open(self, claims: Claims) -> None:
        await self._log.open(claims)
        self._times.begin()

    async def take(self, reads_max: int, wait_s: float) -> list[Slice]:
        began_s = time.perf_counter()
        slices = await self._log.take(reads_max, wait_s)
        self._times.take_s += time.perf_counter() - began_s
        return slices

    async def commit(self, slices: Sequence[Slice]) -> None:
        began_s = time.perf_counter()
        await self._log.commit(slices)
        self._times.commit_s += time.perf_counter() - began_s
        self._times.committed(slices)

    async def hold(self, partition: Partition, next_offset: int, hold_s: float) -> None:
        await self._log.hold(partition, next_offset, hold_s)

    async def rewind(self) -> None:
        await self._log.rewind()

    def silence_s(self) -> float:
        return self._log.silence_s()

    def assigned(self) -> frozenset[Partition]:
        return self._log.assigned()

    async def lag(self) -> dict[Partition, int]:
        return await self._log.lag()

    async def close(self) -> None:
        await self._log.close()


class TimedHits:
    """A store of hits, timed. The reads are given ids of this run alone: a hit that an earlier run on the
    same reads has recorded would cost less than a new one."""

    def __init__(self, hits: HitStore, times: Times, run: str) -> None:
        self._hits = hits
        self._times = times
        self._run = run

    async def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        return await self._hits.claim(partitions)

    async def record(self, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        renamed = [self._renamed(one) for one in hits]
        began_s = time.perf_counter()
        recorded = await self._hits.record(renamed, done)
        self._times.record_s += time.perf_counter() - began_s
        self._times.hits += recorded.hits_new
        return recorded

    def _renamed(self, one: Hit) -> Hit:
        read = msgspec.structs.replace(one.read, read_id=f"{self._run}/{one.read.read_id}")
        return replace(one, read=read, hit_id=hit_id(read, one.match.entry.entry_id))

    async def bounds(self) -> Bounds:
        return await self._hits.bounds()

    async def events(self, after: int, limit: int) -> list[Event]:
        return await self._hits.events(after, limit)

    async def hit_body(self, hit_id: str) -> Event | None:
        return await self._hits.hit_body(hit_id)
