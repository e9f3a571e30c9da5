"""Escalation: hits that nobody answers go wider, to the control room, and expire in the end.

What is due when lies in the store, so a restart forgets nothing, and each step is taken once however
many processes look.
"""

import asyncio

import structlog

from anpr_match.pipeline.pause import pause
from anpr_match.ports.act_store import ActStore
from anpr_match.ports.clock import Clock
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

HITS_AT_ONCE_MAX = 200
NOTE_EVERY_S = 5.0
"""Counting what is open looks at every open hit, and a gauge is asked for less often than that."""
PRIORITIES = (1, 2, 3)


class Escalation:
    """Any number of processes may run it."""

    def __init__(
        self, store: ActStore, wake_up: WakeUp, clock: Clock, metrics: Metrics, every_s: float
    ) -> None:
        self._store = store
        self._wake_up = wake_up
        self._clock = clock
        self._metrics = metrics
        self._every_s = every_s
        self._noted_at_s: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self.step_due():
                await pause(stop, self._every_s)

    async def step_due(self) -> int:
        """Take the steps that are due; returns how many hits went on."""
        stepped = await self._store.step_due(self._clock.now(), HITS_AT_ONCE_MAX)
        if stepped:
            log.info("hits_stepped", hits=stepped)
            await self._wake_up.ring(Bell.EVENTS)
        await self._note_open()
        return stepped

    async def _note_open(self) -> None:
        now_s = self._clock.monotonic_s()
        if self._noted_at_s is not None and now_s - self._noted_at_s < NOTE_EVERY_S:
            return
        self._noted_at_s = now_s
        hits_open = await self._store.open_by_priority()
        for priority in PRIORITIES:
            self._metrics.hits_unanswered.labels(priority=str(priority)).set(hits_open.get(priority, 0))
