"""What takes matchers in processes of their own: a backlog drained by one and by two, and how long a read
takes from being sent until its batch is durable."""

import asyncio
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as ready
from typing import Any

import numpy as np
import numpy.typing as npt

from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.bench.member import Committed, Joined, Work, members
from anpr_match.domain.read import Read

Times = npt.NDArray[np.float64]

SILENT_S = 120.0
LANES = 8
"""Senders in turn: one of them waits for the broker while the others send on time."""
AT_ONCE = 10


def drained(work: Work, count: int, reads: int) -> dict[str, Any]:
    """So many reads by so many new processes: `seconds` from their start, `start_s` of which they load
    the list and join; `reads_per_s` of what is left."""
    began_s = time.monotonic()
    with members(work, count) as pipes:
        _go_when_joined(pipes)
        go_s = time.monotonic()
        left, ended_s = reads, go_s
        while left > 0:
            for told in _next(pipes):
                left -= told.reads
                ended_s = max(ended_s, told.at_s)
    return {
        "reads": reads,
        "start_s": round(go_s - began_s, 3),
        "seconds": round(ended_s - began_s, 3),
        "reads_per_s": round(reads / (ended_s - go_s)),
    }


async def paced(work: Work, sent: Sequence[Read], reads_per_s: float) -> dict[str, Any]:
    """These reads sent at an even pace to one process: from when each was due to be sent until its batch
    was durable. What a slow producer adds counts too."""
    with members(work, 1) as pipes:
        _go_when_joined(pipes)
        due_s = time.monotonic() + 1.0 + np.arange(len(sent)) // AT_ONCE * AT_ONCE / reads_per_s
        durable_s, _ = await asyncio.gather(
            asyncio.to_thread(_durable_s, pipes, len(sent)), _send(work, sent, due_s)
        )
    latency_ms = (durable_s - due_s) * 1000
    p50, p99, longest = np.percentile(latency_ms, [50, 99, 100])
    figures = {"p50_ms": p50, "p99_ms": p99, "max_ms": longest}
    return {"reads": len(sent), "reads_per_s": round(reads_per_s)} | {
        name: round(float(figure), 1) for name, figure in figures.items()
    }


def _durable_s(pipes: Sequence[Connection], reads: int) -> Times:
    times_s, left = np.zeros(reads), reads
    while left > 0:
        for told in _next(pipes):
            left -= told.reads
            times_s[told.numbers] = told.at_s
    return times_s


async def _send(work: Work, sent: Sequence[Read], due_s: Times) -> None:
    writer = KafkaReadLogWriter(work.source.client, work.source.topic)
    try:
        await asyncio.gather(*(_lane(writer, sent, due_s, lane) for lane in range(LANES)))
    finally:
        await writer.close()


async def _lane(writer: KafkaReadLogWriter, sent: Sequence[Read], due_s: Times, lane: int) -> None:
    for start in range(lane * AT_ONCE, len(sent), LANES * AT_ONCE):
        await asyncio.sleep(max(0.0, float(due_s[start]) - time.monotonic()))
        await writer.append(sent[start : start + AT_ONCE])


def _go_when_joined(pipes: Sequence[Connection]) -> None:
    for pipe in pipes:
        if not isinstance(_received(pipe), Joined):
            raise TypeError("a matcher began before it was told to")
    for pipe in pipes:
        pipe.send(True)


def _next(pipes: Sequence[Connection]) -> list[Committed]:
    """What has been committed since; waits for something."""
    said = [_received(pipe) for pipe in ready(pipes, SILENT_S) if isinstance(pipe, Connection)]
    if not said:
        raise TimeoutError(f"no matcher has committed anything for {SILENT_S:.0f} s")
    return [told for told in said if isinstance(told, Committed)]


def _received(pipe: Connection) -> object:
    """Raises `TimeoutError`; `EOFError` when the process has ended."""
    if not pipe.poll(SILENT_S):
        raise TimeoutError(f"a matcher has said nothing for {SILENT_S:.0f} s")
    return pipe.recv()
