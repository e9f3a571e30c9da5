"""Reads per second through the whole matcher, beside the least that any consumer must do, and beside peers.

`bare_getmany_decode` takes the same topic with the same consumer and decodes each record into the same
type, and does nothing else: what of a machine is there to be had. `ours` is the matcher of the service,
part for part: it takes, decodes, matches, records hits and offsets in one transaction of a real
database, and commits; it has been at work for days, so its memory knows the vehicles that pass.
`ours_first_day` is the same with an empty memory: each vehicle is a stranger. `quixstreams` and `faust`
look up exactly what was read in a set of the same list, and record nothing.
"""

import asyncio
import gc
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

import msgspec

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.topics import create_missing, delete, reads_topic
from anpr_match.bench import backlog, machine, ours, passing, peers, plates, reads
from anpr_match.bench.member import Work
from anpr_match.bench.stopwatch import Times
from anpr_match.bootstrap.stores import Stores
from anpr_match.domain.read import Read
from anpr_match.pipeline import match
from anpr_match.telemetry.metrics import Metrics
from anpr_match.wire import read as wire_read

PACE_READS_PER_S = 1_000
PACE_HIT_RATE = 0.02
DRAIN_HIT_RATE = 0.001
LIST_SIZES = (10_000, 100_000, 1_000_000)
HIT_RATES = (0.001, 0.02)
BARE = "bare_getmany_decode"
FIRST_DAY = "ours_first_day"

Result = dict[str, Any]
Tell = Callable[[Result], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: every size of list at every share of reads that hit it; and, if `processes`, the
    backlog, the second process and the pace with the size in the middle."""

    reads: int = 300_000
    list_sizes: Sequence[int] = LIST_SIZES
    hit_rates: Sequence[float] = HIT_RATES
    partitions: int = 12
    paced_s: float = 15.0
    processes: bool = True
    peer_limits: peers.Limits = field(default_factory=peers.Limits)
    seed: int = 1

    @property
    def size_between(self) -> int:
        return sorted(self.list_sizes)[len(self.list_sizes) // 2]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the measurements of one run share: the listed plates, and the vehicles that pass."""

    plan: Plan
    client: Client
    opened: ours.Open
    stores: Stores
    listed: list[str]
    vehicles: list[str]
    tell: Tell

    def texts(self, how_many: int, rate: float) -> list[str]:
        """What cameras read: vehicles that are not listed, and misread ones that are."""
        others = passing.reads(self.vehicles, how_many, self.plan.seed)
        listed = self.listed[: min(reads.STORED_MAX, *self.plan.list_sizes)]
        return plates.stream(others, listed, rate, self.plan.seed)


async def run(
    bootstrap: str, opened: ours.Open, plan: Plan | None = None, tell: Tell = lambda _: None
) -> Result:
    """Measure against these brokers, with these stores, which must be empty. `opened` is also called in
    other processes. Tells each measurement as it is made: all take minutes. Makes topics and groups of
    its own, and removes the topics. Raises `Unavailable`."""
    plan, where = plan or Plan(), machine.described()
    largest = max(plan.list_sizes)
    fleet = plates.fleet(largest + passing.VEHICLES, plan.seed)
    async with opened() as stores:
        await reads.store(stores, fleet[:largest])
        gc.freeze()
        ground = _Ground(plan, Client(bootstrap), opened, stores, fleet[:largest], fleet[largest:], tell)
        results = [result for rate in plan.hit_rates for result in await _at_rate(ground, rate)]
        if plan.processes:
            results += [*await _by_processes(ground), await _paced(ground)]
        where["database"] = "SQLite" if stores.database.is_sqlite else "PostgreSQL"
    return {"machine": where, "results": results, "ratios": _ratios(results)}


async def _at_rate(ground: _Ground, rate: float) -> list[Result]:
    """One topic, taken by ours and the peers with each list; by the bare loop before and after each of
    ours, since what a machine has to give changes within a minute."""
    values = reads.values(ground.texts(ground.plan.reads, rate))
    results: list[Result] = []
    async with _filled(ground, values) as topic:
        decode_us = _decode_us(values)
        bare = [await _bare(ground, topic, rate)]
        for size in ground.plan.list_sizes:
            results.append(await _ours(ground, topic, rate, size, decode_us))
            if rate == ground.plan.hit_rates[0]:
                results.append(await _ours(ground, topic, rate, size, decode_us, met=False))
            bare.append(await _bare(ground, topic, rate))
        for size in ground.plan.list_sizes:
            results += await _peers(ground, topic, rate, size)
    median = sorted(bare, key=itemgetter("reads_per_s"))[len(bare) // 2]
    return [median | {"runs_reads_per_s": [one["reads_per_s"] for one in bare]}, *results]


@asynccontextmanager
async def _filled(ground: _Ground, values: Sequence[bytes]) -> AsyncIterator[str]:
    """A topic with these records, for as long as it is needed."""
    topic = f"anpr.bench.{uuid.uuid4().hex[:12]}"
    await create_missing(ground.client, [reads_topic(topic, ground.plan.partitions, 1)])
    try:
        await reads.produce(ground.client, topic, values)
        yield topic
    finally:
        await delete(ground.client, [topic])


@dataclass(frozen=True, slots=True)
class _Taken:
    """How long so many reads took."""

    reads: int
    wall_s: float
    cpu_s: float

    @property
    def reads_per_s(self) -> int:
        return round(self.reads / self.wall_s)


async def _bare(ground: _Ground, topic: str, rate: float) -> Result:
    decode = msgspec.json.Decoder(Read).decode
    # As many at once as ours takes when it has a backlog.
    reads_max = match.Limits().batch_reads_max
    consumer = replace(ground.client, group=reads.group()).group_consumer()
    consumer.subscribe([topic])
    await consumer.start()
    try:
        taken = 0
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        while taken < ground.plan.reads:
            batches = await consumer.getmany(timeout_ms=500, max_records=reads_max)
            for records in batches.values():
                taken += len([decode(record.value) for record in records])
        whole = _Taken(taken, time.perf_counter() - began_s, time.process_time() - began_cpu_s)
    finally:
        await consumer.stop()
    result = _result(BARE, 0, rate, whole)
    ground.tell(result)
    return result


async def _ours(
    ground: _Ground, topic: str, rate: float, size: int, decode_us: float, *, met: bool = True
) -> Result:
    stop = asyncio.Event()
    times, metrics = Times(ground.plan.reads, stop), Metrics("bench")
    source = ours.Source(ground.client, topic, reads.group())
    # The service has the collector of its process look seldom; the bare loop is as Python leaves it.
    collecting = gc.get_threshold()
    try:
        known = ours.known(ground.listed[:size], ground.vehicles if met else [])
        await ours.matching(source, ground.stores, known, times, metrics).run(stop)
    finally:
        gc.set_threshold(*collecting)
    result = {
        **_result("ours" if met else FIRST_DAY, size, rate, _Taken(times.reads, times.wall_s, times.cpu_s)),
        "hits": times.hits,
        "batches": times.batches,
        "us_per_read": _stages(times, metrics, decode_us),
    }
    ground.tell(result)
    return result


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


async def _peers(ground: _Ground, topic: str, rate: float, size: int) -> list[Result]:
    plan = ground.plan
    measured = await peers.measured(
        plan.peer_limits, ground.client.bootstrap, topic, ground.listed[:size], plan.reads
    )
    results = [
        {"name": one["name"], "list_size": size, "hit_rate": rate, "error": one["error"]}
        if "error" in one
        else _result(one["name"], size, rate, _Taken(one["reads"], one["wall_s"], one["cpu_s"]))
        | {"hits": one["hits"]}
        for one in measured
    ]
    for result in results:
        ground.tell(result)
    return results


async def _by_processes(ground: _Ground) -> list[Result]:
    """The same backlog, drained by one new process and by two that share the topic."""
    size = ground.plan.size_between
    named = {"list_size": size, "hit_rate": DRAIN_HIT_RATE}
    async with _filled(ground, reads.values(ground.texts(ground.plan.reads, DRAIN_HIT_RATE))) as topic:
        one, two = [
            await asyncio.to_thread(backlog.drained, _work(ground, topic), count, ground.plan.reads)
            for count in (1, 2)
        ]
    whole = {**one, "reads_per_s": round(one["reads"] / one["seconds"])}
    named_figures = {"drain": whole, "one_matcher": one, "two_matchers": two}
    results = [{"name": name, **named, **figures} for name, figures in named_figures.items()]
    for result in results:
        ground.tell(result)
    return results


async def _paced(ground: _Ground) -> Result:
    sent = reads.made(ground.texts(round(ground.plan.paced_s * PACE_READS_PER_S), PACE_HIT_RATE))
    async with _filled(ground, []) as topic:
        work = replace(_work(ground, topic), numbers=True)
        result = await backlog.paced(work, sent, PACE_READS_PER_S)
    named = {"list_size": ground.plan.size_between, "hit_rate": PACE_HIT_RATE}
    row = {"name": f"latency_{PACE_READS_PER_S}", **named, **result}
    ground.tell(row)
    return row


def _work(ground: _Ground, topic: str) -> Work:
    source = ours.Source(ground.client, topic, reads.group())
    return Work(source, ground.opened, ground.listed[: ground.plan.size_between], ground.vehicles)


def _result(name: str, size: int, rate: float, taken: _Taken) -> Result:
    return {
        "name": name,
        "list_size": size,
        "hit_rate": rate,
        "reads": taken.reads,
        "reads_per_s": taken.reads_per_s,
        "cpu_us_per_read": round(taken.cpu_s / taken.reads * 1e6, 3),
    }


def _ratios(results: list[Result]) -> dict[str, float]:
    """Ours over the bare loop and over each peer of the same run, by wall time, and by the processor time
    of the processes measured, which says more on a machine where others are at work; two processes over
    one."""
    rows = {(r["name"], r["list_size"], r["hit_rate"]): r for r in results if "error" not in r}
    ratios = {}
    for (name, size, rate), row in rows.items():
        pairs = {
            "ours": [(BARE, 0), *((peer, size) for peer in peers.NAMES)],
            FIRST_DAY: [(BARE, 0)],
            "two_matchers": [("one_matcher", size)],
        }
        for other, other_size in pairs.get(name, []):
            if (against := rows.get((other, other_size, rate))) is None:
                continue
            key = f"{name}/{other} list={size} hits={rate}"
            ratios[key] = round(row["reads_per_s"] / against["reads_per_s"], 3)
            if name in ("ours", FIRST_DAY):
                ratios[f"{key} cpu"] = round(against["cpu_us_per_read"] / row["cpu_us_per_read"], 3)
    return ratios
