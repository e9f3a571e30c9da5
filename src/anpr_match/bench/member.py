"""Matchers in processes of their own, which tell what they have committed, and when.

The pipe of each carries `Joined`, then, once it was told to go, one `Committed` a batch, until None
comes. Times are of the monotonic clock, which all processes of a machine share.
"""

import asyncio
import contextlib
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from anpr_match.bench import ours, reads
from anpr_match.bench.stopwatch import TimedLog, Times
from anpr_match.ports.read_log import Claims, ReadLog, Slice
from anpr_match.telemetry import logging
from anpr_match.telemetry.metrics import Metrics

STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a member does, and the vehicles it has met. With `numbers` it tells which reads a batch held."""

    source: ours.Source
    opened: ours.Open
    listed: list[str]
    met: list[str]
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """The list is loaded, and the group has dealt its partitions. It waits to be told to go."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A batch, hits and offsets, was durable `at_s`."""

    at_s: float
    reads: int
    numbers: list[int]


@contextlib.contextmanager
def members(work: Work, count: int) -> Iterator[list[Connection]]:
    """So many members of one group, told to stop at the end."""
    fresh = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    try:
        for _ in range(count):
            pipe, theirs = fresh.Pipe()
            process = fresh.Process(target=run, args=(work, theirs))
            process.start()
            theirs.close()
            pipes.append(pipe)
            processes.append(process)
        yield pipes
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.send(None)
            process.join(STOP_S)
    finally:
        for process in processes:
            process.kill()
            process.join()


def run(work: Work, control: Connection) -> None:
    logging.set_up("warning", "console")
    asyncio.run(_run(work, control))


async def _run(work: Work, control: Connection) -> None:
    known = ours.known(work.listed, work.met)
    go, stop = asyncio.Event(), asyncio.Event()
    times, metrics = Times(sys.maxsize, stop), Metrics("bench")

    def telling(log: ReadLog, timed: Times) -> ReadLog:
        return _TellingLog(log, timed, _Teller(control, go, work.numbers))

    async with work.opened() as stores:
        matching = ours.matching(work.source, stores, known, times, metrics, telling)
        await asyncio.gather(matching.run(stop), _listen(control, go, stop))


async def _listen(control: Connection, go: asyncio.Event, stop: asyncio.Event) -> None:
    try:
        while await asyncio.to_thread(control.recv) is not None:
            go.set()
    except EOFError:
        # Whoever asked is gone.
        pass
    go.set()
    stop.set()


@dataclass(frozen=True, slots=True)
class _Teller:
    control: Connection
    go: asyncio.Event
    numbers: bool


class _TellingLog(TimedLog):
    """A log of reads that waits to be told to go, and tells what was committed."""

    def __init__(self, log: ReadLog, times: Times, teller: _Teller) -> None:
        super().__init__(log, times)
        self._teller = teller

    async def open(self, claims: Claims) -> None:
        await super().open(claims)
        self._teller.control.send(Joined())
        await self._teller.go.wait()

    async def commit(self, slices: Sequence[Slice]) -> None:
        # The store has just returned: this is when the batch is durable.
        at_s = time.monotonic()
        await super().commit(slices)
        taken = sum(len(part.reads) for part in slices)
        numbers = [reads.number(read) for part in slices for read in part.reads]
        self._teller.control.send(Committed(at_s, taken, numbers if self._teller.numbers else []))
