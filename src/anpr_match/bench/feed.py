"""How fast a hit reaches the cars, what a connected car costs, and how fast one that was away catches up.

`bare_fanout_1000` is the broadcast of the library `websockets`, the same text to as many of the same
clients, in the same minutes: what of this machine is there to be had.
"""

import asyncio
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from anpr_match.bench import broadcast, machine, posting, served
from anpr_match.bench.cars import Address, Cars
from anpr_match.client.client import Client, Options
from anpr_match.client.positions import MemoryPositions
from anpr_match.domain.event import Position
from anpr_match.wire import feed

FEED = "/v1/hits/ws"
DESCRIPTORS_SPARE = 1_000
READY_S = 120.0
ANSWER_S = 60.0

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. The first of `rates` is `post_to_frame`; `parts` says what the service runs on."""

    parts: str
    rates: tuple[posting.Rate, ...]
    cars: int = 1_000
    cars_many: int = 5_000
    rounds: int = 40
    rounds_many: int = 10
    replayed: int = 500


def run(opened: served.Open, plan: Plan) -> Result:
    """Raises `ConnectionError` or `TimeoutError` when the service does not keep up with the measurement."""
    _raise_descriptors(plan.cars_many + plan.cars)
    results: list[Result] = []
    with _process(served.run, opened) as control, _process(broadcast.run) as bare_control:
        access: served.Access = _answer(control, READY_S)
        bare = Address(_answer(bare_control, READY_S))
        results += [asyncio.run(_post_to_frame(access, rate)) for rate in plan.rates]
        cars = Cars()
        at_ours = _Told(cars, Address(access.port, FEED, access.patrol), control)
        results += _fanouts(at_ours, _Told(cars, bare, bare_control), plan)
        results.append(_replay(control, access, plan.replayed))
        control.send(None)
        bare_control.send(None)
    for result in results:
        result["parts"] = plan.parts
    return {"machine": machine.described(), "results": results, "ratios": _ratios(results)}


def _fanouts(at_ours: "_Told", at_bare: "_Told", plan: Plan) -> list[Result]:
    cars, ours = at_ours.cars, at_ours.address
    cars.open(ours, 1)
    at_ours.ways_s(served.Record())
    empty = _weighed(at_ours.control)
    cars.open(ours, plan.cars - 1)
    results = _beside(at_ours, at_bare, plan)
    cars.open(ours, plan.cars_many - plan.cars)
    many_s = [way_s for _ in range(plan.rounds_many) for way_s in at_ours.ways_s(served.Record())]
    results.append(_times("fanout_5000", many_s, plan.cars_many))
    results.append(_memory(empty, _weighed(at_ours.control), plan.cars_many - 1))
    cars.leave(ours)
    return results


@dataclass(frozen=True, slots=True)
class _Told:
    """Cars at one address, and the process there that can be told to send them a hit."""

    cars: Cars
    address: Address
    control: Connection

    def ways_s(self, command: object) -> list[float]:
        """Seconds from when the process began to tell of one hit until each car had it."""
        self.control.send(command)
        arrived_s = self.cars.arrivals(self.address)
        began_s: float = _answer(self.control, ANSWER_S)
        return [at_s - began_s for at_s in arrived_s]


def _beside(at_ours: _Told, at_bare: _Told, plan: Plan) -> list[Result]:
    """Ours and the bare broadcast of the same text, by turns, so that both have the same machine."""
    ours: list[float] = []
    bare: list[float] = []
    at_ours.cars.open(at_bare.address, plan.cars)
    before = _weighed(at_ours.control), _weighed(at_bare.control)
    for _ in range(plan.rounds):
        ours += at_ours.ways_s(served.Record())
        bare += at_bare.ways_s(at_ours.cars.last_text.decode())
    after = _weighed(at_ours.control), _weighed(at_bare.control)
    at_bare.cars.leave(at_bare.address)
    cpu_us = [(now.cpu_s - was.cpu_s) / len(ours) * 1e6 for was, now in zip(before, after, strict=True)]
    return [
        {**_times(name, ways_s, plan.cars), "cpu_us_per_frame": round(cpu, 1)}
        for name, ways_s, cpu in zip(("fanout_1000", "bare_fanout_1000"), (ours, bare), cpu_us, strict=True)
    ]


def _times(name: str, ways_s: list[float], cars: int) -> Result:
    return {"name": name, "cars": cars, "frames": len(ways_s), **_percentiles(sorted(ways_s))}


def _percentiles(ways_s: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(ways_s[len(ways_s) // 2] * 1000, 2),
        "p99_ms": round(ways_s[int(len(ways_s) * 0.99)] * 1000, 2),
    }


def _memory(empty: served.Weight, full: served.Weight, cars: int) -> Result:
    return {
        "name": "memory",
        "cars": cars,
        "kib_per_connection": round((full.resident_kib - empty.resident_kib) / cars, 1),
        "process_mib": round(full.resident_kib / 1024),
        "process_empty_mib": round(empty.resident_kib / 1024),
    }


async def _post_to_frame(access: served.Access, rate: posting.Rate) -> Result:
    # The first hits of a process compile the statements that all later ones use.
    await posting.ways_s(access, replace(rate, seconds=rate.warm_up_s))
    ways_s = await posting.ways_s(access, rate)
    return {
        "name": "post_to_frame",
        "reads_per_s": rate.reads_per_s,
        "reads_per_post": rate.reads_per_post,
        "hit_rate": 1 / rate.hit_every,
        "warm_up_s": rate.warm_up_s,
        "frames": len(ways_s),
        **_percentiles(ways_s),
    }


def _replay(control: Connection, access: served.Access, how_many: int) -> Result:
    """A car that missed so many hits connects again."""
    position = asyncio.run(_position(access))
    control.send(served.Record(how_many))
    _answer(control, ANSWER_S)
    return {
        "name": "replay_500",
        "hits": how_many,
        "seconds": asyncio.run(_caught_up_s(access, position, how_many)),
    }


async def _position(access: served.Access) -> Position:
    async with asyncio.timeout(ANSWER_S), _car(access, None) as car:
        await car.connected()
        if car.position is None:
            raise ConnectionError("the feed gave no position")
        return car.position


async def _caught_up_s(access: served.Access, position: Position, how_many: int) -> float:
    began_s = time.monotonic()
    had = 0
    async with asyncio.timeout(ANSWER_S), _car(access, position) as car:
        async for _ in car.events():
            had += 1
            if had == how_many:
                break
    return round(time.monotonic() - began_s, 3)


def _car(access: served.Access, position: Position | None) -> Client:
    options = Options(feed.Hello(), MemoryPositions(position))
    return Client(f"http://127.0.0.1:{access.port}", access.patrol, options)


def _weighed(control: Connection) -> served.Weight:
    control.send(served.Weigh())
    weight: served.Weight = _answer(control, ANSWER_S)
    return weight


def _ratios(results: list[Result]) -> dict[str, float]:
    """Ours over the bare broadcast of the same run: smaller is better."""
    by_name = {result["name"]: result for result in results}
    ours, bare = by_name["fanout_1000"], by_name["bare_fanout_1000"]
    return {
        f"fanout_1000/bare_fanout_1000 {part}": round(ours[part] / bare[part], 2)
        for part in ("p50_ms", "p99_ms", "cpu_us_per_frame")
    }


def _answer(control: Connection, limit_s: float) -> Any:
    if not control.poll(limit_s):
        raise TimeoutError("the measured process does not answer")
    return control.recv()


@contextmanager
def _process(work: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """Do `work` in a process of its own; the pipe to it."""
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    process = fresh.Process(target=work, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield ours
        process.join(READY_S)
    finally:
        process.kill()
        process.join()


def _raise_descriptors(sockets: int) -> None:
    """Room for so many sockets here, and in the processes that are started from here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets + DESCRIPTORS_SPARE
    if wanted > most:
        raise ConnectionError(f"this needs {wanted} open files, and the system allows {most}: ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
