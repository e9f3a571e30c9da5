"""The only place where tasks are started: each is named, watched, and stopped in order.

A part runs until its `stop` is set, and returns. One that raises `Unavailable` is started again after
a growing pause, for the part outside may come back. One that ends in any other way stops the service:
a matcher that quietly is not there is worse than a process that is restarted.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from anpr_match.domain.errors import Unavailable
from anpr_match.pipeline.pause import pause
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

Run = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """`stop_s`: how long a part may take to end once asked, before it is cancelled."""

    stop_s: float = 5.0
    pause_first_s: float = 0.2
    pause_max_s: float = 5.0


@dataclass(slots=True)
class _Part:
    name: str
    run: Run
    stop: asyncio.Event
    task: asyncio.Task[None] | None = None


class Supervisor:
    """Runs parts in the order they were added, and stops them in reverse order.

    `run` ends when `stop()` was called or a part failed; whichever, every part was ended. `stop` may be
    called before, twice, or never.
    """

    def __init__(self, metrics: Metrics, limits: Limits | None = None) -> None:
        self._metrics = metrics
        self._limits = limits or Limits()
        self._parts: list[_Part] = []
        self._stop = asyncio.Event()

    def add(self, name: str, run: Run) -> None:
        self._parts.append(_Part(name, run, asyncio.Event()))

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Raises what the failed part raised, or `RuntimeError` for one that just returned."""
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            for part in self._parts:
                part.task = asyncio.create_task(self._keep_running(part), name=part.name)
            tasks = [part.task for part in self._parts if part.task]
            await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            self._raise_failure()
        finally:
            stopping.cancel()
            await self._end_all()

    def _raise_failure(self) -> None:
        for part in self._parts:
            if part.task and part.task.done() and not self._stop.is_set():
                part.task.result()
                raise RuntimeError(f"{part.name} ended although nobody asked it to")

    async def _keep_running(self, part: _Part) -> None:
        pause_s = self._limits.pause_first_s
        while not part.stop.is_set():
            try:
                await part.run(part.stop)
            except Unavailable as error:
                self._metrics.task_restarts.labels(task=part.name).inc()
                log.warning("part_unavailable", part=part.name, detail=error.detail, pause_s=pause_s)
            else:
                return
            await pause(part.stop, pause_s * random.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, self._limits.pause_max_s)

    async def _end_all(self) -> None:
        for part in reversed(self._parts):
            if part.task:
                await self._end(part, part.task)

    async def _end(self, part: _Part, task: asyncio.Task[None]) -> None:
        part.stop.set()
        done, _ = await asyncio.wait([task], timeout=self._limits.stop_s)
        if not done:
            log.warning("part_cancelled", part=part.name, stop_s=self._limits.stop_s)
            task.cancel()
            await asyncio.wait([task], timeout=self._limits.stop_s)
        if task.done() and not task.cancelled() and task.exception() is not None:
            log.error("part_failed", part=part.name, exc_info=task.exception())
