"""Everyday traffic."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from anpr_match.backends.memory.clock import START, WoundClock
from anpr_match.domain.read import Read
from anpr_match.simulate import places, traffic
from anpr_match.simulate.traffic import Traffic

CAMERAS = list(places.FORCE_OF)


class WindingLog:
    """A log that takes `append_s` for each append, by the wound clock."""

    def __init__(self, clock: WoundClock, append_s: float) -> None:
        self.clock = clock
        self.append_s = append_s
        self.reads: list[Read] = []

    async def append(self, reads: Sequence[Read]) -> None:
        self.reads.extend(reads)
        self.clock.wind(self.append_s)

    async def close(self) -> None:
        """There is nothing to close."""


class RunningClock:
    """Goes on by a tenth of a second each time that somebody looks at it."""

    def __init__(self, clock: WoundClock) -> None:
        self.clock = clock
        self.now = clock.now

    def monotonic_s(self) -> float:
        self.clock.wind(0.1)
        return self.clock.monotonic_s()


def test_the_same_seed_gives_the_same_traffic() -> None:
    """Plates, cameras and order depend on the seed alone."""
    one, same, other = (Traffic(seed, CAMERAS).reads(50, START, 1.0) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_reads_are_in_the_order_of_time() -> None:
    """Reads of a span are spread over it, the last one at its end."""
    reads = Traffic(1, CAMERAS).reads(10, START, 5.0)
    at = [read.captured_at for read in reads]
    assert at == sorted(at)
    assert at[-1] == START
    assert at[0] >= START - timedelta(seconds=5)


async def test_the_rate_is_kept() -> None:
    """As many reads are sent as the rate and the duration ask for."""
    clock = WoundClock()
    log = WindingLog(clock, append_s=0.5)
    stop = asyncio.Event()
    sent = await traffic.pour(stop, Traffic(1, CAMERAS), log, RunningClock(clock), 100.0, 3.0)
    assert sent == len(log.reads) == 300


async def test_a_stop_ends_the_traffic() -> None:
    """Once asked to stop, nothing more is sent."""
    stop, log = asyncio.Event(), WindingLog(WoundClock(), 0.0)
    stop.set()
    assert await traffic.pour(stop, Traffic(1, CAMERAS), log, WoundClock(), 100.0) == 0
