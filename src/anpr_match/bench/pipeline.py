"""Reads per second through the whole matcher, beside the least that any consumer must do.

`bare_getmany_decode` takes the same topic with the same consumer and decodes each record into the same
type, and does nothing else: what of a machine is there to be had. `ours` is the matcher of the service,
part for part: it takes, decodes, matches, records hits and offsets in one transaction of a real
database, and commits.
"""

import asyncio
import secrets
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.read_log import KafkaReadLog
from anpr_match.backends.kafka.topics import create_missing, delete, reads_topic
from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.dead_letters import MemoryDeadLetters
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.bench import machine, plates
from anpr_match.bench.stopwatch import TimedHits, TimedLog, Times
from anpr_match.bootstrap.stores import Stores
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.read import Read, Vehicle
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher, Memory
from anpr_match.matching.seen import SeenBefore
from anpr_match.pipeline import follow, match
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.follow import Follow
from anpr_match.telemetry.metrics import Metrics
from anpr_match.wire import read as wire_read

CAMERAS = 500
STORED_MAX = 10_000
"""So many of the listed plates lie in the database, and all hits are on them; the others are in the
index alone, where they cost the matcher just as much."""

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: every size of list at every share of reads that hit it."""

    reads: int = 300_000
    list_sizes: Sequence[int] = (10_000, 100_000, 1_000_000)
    hit_rates: Sequence[float] = (0.001, 0.02)
    partitions: int = 12
    batch_reads_max: int = 4_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the measurements of one run share."""

    plan: Plan
    client: Client
    stores: Stores
    entries: list[Entry]


class _Fixed(Follow):
    """A list that does not change while it is measured."""

    fixed: WatchlistIndex

    @property
    def index(self) -> WatchlistIndex:
        return self.fixed


async def run(bootstrap: str, stores: Stores, plan: Plan | None = None) -> Result:
    """Measure against these brokers, with these (empty) stores. Makes topics and groups of its own, and
    removes the topics. Raises `Unavailable`."""
    plan = plan or Plan()
    fleet = plates.fleet(max(plan.list_sizes) + plan.reads, plan.seed)
    entries = await _listed(stores, fleet[: max(plan.list_sizes)])
    ground = _Ground(plan, Client(bootstrap), stores, entries)
    results = [result for rate in plan.hit_rates for result in await _at_rate(ground, fleet, rate)]
    return {"machine": machine.described(), "results": results, "ratios": _ratios(results)}


async def _at_rate(ground: _Ground, fleet: list[str], rate: float) -> list[Result]:
    """One topic, taken by the bare loop and by ours with each list."""
    plan = ground.plan
    off_list, listed = fleet[max(plan.list_sizes) :], fleet[: min(STORED_MAX, *plan.list_sizes)]
    values = _values(plates.stream(off_list, listed, rate, plan.seed))
    topic = f"anpr.bench.{uuid.uuid4().hex[:12]}"
    await create_missing(ground.client, [reads_topic(topic, plan.partitions, 1)])
    try:
        await _produce(ground.client, topic, values)
        decode_us = _decode_us(values)
        bare = await _bare(ground, topic, rate)
        return [bare, *[await _ours(ground, topic, rate, size, decode_us) for size in plan.list_sizes]]
    finally:
        await delete(ground.client, [topic])


async def _bare(ground: _Ground, topic: str, rate: float) -> Result:
    decode = msgspec.json.Decoder(Read).decode
    consumer = replace(ground.client, group=_group()).group_consumer()
    consumer.subscribe([topic])
    await consumer.start()
    try:
        taken = 0
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        while taken < ground.plan.reads:
            batches = await consumer.getmany(timeout_ms=500, max_records=ground.plan.batch_reads_max)
            for records in batches.values():
                taken += len([decode(record.value) for record in records])
        wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    finally:
        await consumer.stop()
    return _result("bare_getmany_decode", 0, rate, taken, wall_s, cpu_s)


async def _ours(ground: _Ground, topic: str, rate: float, size: int, decode_us: float) -> Result:
    stop = asyncio.Event()
    times = Times(ground.plan.reads, stop)
    metrics, clock, stores = Metrics("bench"), SystemClock(), ground.stores
    group = _group()
    log = KafkaReadLog(replace(ground.client, group=group), topic, metrics)
    # Of a group of its own here too: offsets that an earlier run has done would leave nothing to do.
    hits = SqlHitStore(stores.database, clock, group)
    parts = match.Parts(
        open_log=lambda: TimedLog(log, times),
        hits=TimedHits(hits, times, group),
        dead_letters=MemoryDeadLetters(clock),
        wake_up=stores.wake_up,
        clock=clock,
        metrics=metrics,
    )
    following = _Fixed(stores.watchlist, stores.wake_up, clock, metrics, follow.Limits())
    following.fixed = WatchlistIndex.build(ground.entries[:size], 1)
    cameras = CameraBook(stores.registers, stores.wake_up, 3600.0)
    limits = match.Limits(batch_reads_max=ground.plan.batch_reads_max)
    matcher = Matcher(models.default(), memory=Memory(SeenBefore(secrets.token_bytes(32))))
    await match.Matching(parts, following, cameras, matcher, limits).run(stop)
    result = _result("ours", size, rate, times.reads, times.wall_s, times.cpu_s)
    return {
        **result,
        "hits": times.hits,
        "batches": times.batches,
        "us_per_read": _stages(times, metrics, decode_us),
    }


def _stages(times: Times, metrics: Metrics, decode_us: float) -> dict[str, float]:
    """Microseconds a read in each stage. `take` holds `decode`; `other` is what is left: building hits,
    counting, the loop itself."""
    matched_s = metrics.registry.get_sample_value("anpr_match_duration_seconds_sum") or 0.0
    stages_s = {"take": times.take_s, "match": matched_s, "record": times.record_s, "commit": times.commit_s}
    stages_s["other"] = times.wall_s - sum(stages_s.values())
    stages_us = {name: round(seconds / times.reads * 1e6, 3) for name, seconds in stages_s.items()}
    return {**stages_us, "decode": round(decode_us, 3)}


def _decode_us(values: list[bytes]) -> float:
    """What decoding alone costs a read, in batches as they come."""
    sample = values[:20_000]
    began_s = time.perf_counter()
    for start in range(0, len(sample), 1_000):
        wire_read.decode_all(sample[start : start + 1_000])
    return (time.perf_counter() - began_s) / len(sample) * 1e6


def _result(name: str, size: int, rate: float, reads: int, wall_s: float, cpu_s: float) -> Result:
    return {
        "name": name,
        "list_size": size,
        "hit_rate": rate,
        "reads": reads,
        "reads_per_s": round(reads / wall_s),
        "cpu_us_per_read": round(cpu_s / reads * 1e6, 3),
    }


def _ratios(results: list[Result]) -> dict[str, float]:
    """Ours over the bare loop of the same run, by wall time."""
    bare = {r["hit_rate"]: r["reads_per_s"] for r in results if r["name"] == "bare_getmany_decode"}
    return {
        f"ours/bare_getmany_decode list={r['list_size']} hits={r['hit_rate']}": round(
            r["reads_per_s"] / bare[r["hit_rate"]], 3
        )
        for r in results
        if r["name"] == "ours"
    }


async def _listed(stores: Stores, listed: list[str]) -> list[Entry]:
    """Entries of these plates; the first of them are in the store."""
    now = datetime.now(UTC)
    by = Caller("bench", Role.ANALYST, "herts", "bench")
    numbered = [(f"bench-{n}", _terms(plate, now)) for n, plate in enumerate(listed)]
    made: list[Entry] = []
    for start in range(0, min(STORED_MAX, len(numbered)), 1_000):
        stop = min(start + 1_000, STORED_MAX)
        made += await stores.watchlist.create_many(numbered[start:stop], by, now, "measurement")
    made += [
        Entry(entry_id, 1, terms, State.ACTIVE, now, "bench", now, "bench")
        for entry_id, terms in numbered[len(made) :]
    ]
    return made


def _terms(plate: str, now: datetime) -> Terms:
    year = timedelta(days=365)
    return Terms("herts", "stolen", "measurement", now + year, now + year, plate=plate, vrm=plate)


def _values(texts: list[str]) -> list[bytes]:
    """Reads of these plates as a gateway sends them."""
    now = datetime.now(UTC)
    return [
        wire_read.encode(
            Read(
                camera_id=f"CAM{number % CAMERAS:04d}",
                captured_at=now + timedelta(milliseconds=number),
                plate=text,
                read_id=f"r-{number:09d}",
                confidence=0.93,
                lat=51.8325,
                lon=-0.3895,
                vehicle=Vehicle(make="FORD", colour="BLUE"),
                received_at=now,
            )
        )
        for number, text in enumerate(texts)
    ]


async def _produce(client: Client, topic: str, values: list[bytes]) -> None:
    writer = KafkaReadLogWriter(client, topic)
    try:
        for part in _parts(values, 5_000):
            await writer.append(part)
    finally:
        await writer.close()


def _parts(values: list[bytes], size: int) -> Iterator[list[Read]]:
    for start in range(0, len(values), size):
        yield wire_read.decode_all(values[start : start + size])[0]


def _group() -> str:
    """A group that nobody was in before, so that taking begins at the beginning."""
    return f"anpr-bench-{uuid.uuid4().hex[:12]}"
