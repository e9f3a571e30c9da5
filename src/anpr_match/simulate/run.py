"""One run of the simulator: where to, what, how fast, how long."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from urllib.parse import urlsplit

from anpr_match.backends.local.clock import SystemClock
from anpr_match.bootstrap.logs import Logs
from anpr_match.domain.errors import SetUp
from anpr_match.ports.read_log import ReadLogWriter
from anpr_match.simulate import places
from anpr_match.simulate.door import Desk, ReadsDoor
from anpr_match.simulate.play import Stage, Story
from anpr_match.simulate.traffic import Traffic, pour


@dataclass(frozen=True, slots=True)
class Order:
    """`force` bounds everyday traffic to the cameras of one force, since a token speaks for one."""

    story: bool
    reads_per_s: float
    duration_s: float
    seed: int
    force: str | None = None

    def camera_ids(self) -> list[str]:
        """Raises `SetUp` when the force has no camera here."""
        chosen = [camera_id for camera_id, force in places.FORCE_OF.items() if self.force in (None, force)]
        if not chosen:
            raise SetUp(f"there are cameras of {', '.join(sorted(set(places.FORCE_OF.values())))}")
        return chosen


@dataclass(frozen=True, slots=True)
class Topic:
    """Where `kafka://host:port/topic` points."""

    bootstrap: str
    name: str


def topic_of(url: str) -> Topic | None:
    """The topic that the address names; None when it is no Kafka address. Raises `SetUp`."""
    parts = urlsplit(url)
    if parts.scheme != "kafka":
        return None
    name = parts.path.strip("/")
    if not parts.netloc or not name or "/" in name:
        raise SetUp("a Kafka address looks like kafka://host:port/topic")
    return Topic(parts.netloc, name)


async def over_http(order: Order, url: str, token: str, analyst_token: str | None) -> int:
    """Send to a service's door; returns how many reads of everyday traffic were sent."""
    door, desk = ReadsDoor(url, token), Desk(url, analyst_token) if analyst_token else None
    return await _run(order, door, desk)


async def over_kafka(order: Order, opened: AbstractAsyncContextManager[Logs]) -> int:
    """Write onto the reads topic, as cameras that are on Kafka already do."""
    async with opened as logs:
        return await _run(order, logs.writer, None)


async def _run(order: Order, log: ReadLogWriter, desk: Desk | None) -> int:
    clock = SystemClock()
    traffic = Traffic(order.seed, order.camera_ids())
    try:
        async with _stopped_by_signals() as stop, asyncio.TaskGroup() as both:
            pouring = both.create_task(pour(stop, traffic, log, clock, order.reads_per_s, order.duration_s))
            if order.story:
                both.create_task(Story(order.seed).tell(stop, Stage(log, desk, clock), order.duration_s))
    except ExceptionGroup as failed:
        # Whoever asked wants one reason, and what fails for one fails for both.
        raise failed.exceptions[0] from None
    return pouring.result()


@contextlib.asynccontextmanager
async def _stopped_by_signals() -> AsyncIterator[asyncio.Event]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
