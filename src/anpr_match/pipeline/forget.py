"""The sweeper: what was kept long enough is erased.

Hits go from the beginning of the event log, a few at a time, so that nobody waits long; a unit that
comes back from before the new beginning is told to reset, as with any position that is too old.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetters
from anpr_match.ports.retention import Retention
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

BETWEEN_S = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """How long hits, dead letters and devices of feeds are kept, how often is looked, and how much goes
    at once."""

    hits_days: float = 365.0
    dead_letters_days: float = 14.0
    devices_days: float = 7.0
    every_s: float = 600.0
    events_at_once_max: int = 500


class Forget:
    """Any number of processes may run it; each event is erased once."""

    def __init__(
        self, retention: Retention, letters: DeadLetters, clock: Clock, metrics: Metrics, limits: Limits
    ) -> None:
        self._retention = retention
        self._letters = letters
        self._clock = clock
        self._metrics = metrics
        self._limits = limits

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.sweep(stop)
            await pause(stop, self._limits.every_s)

    async def sweep(self, stop: asyncio.Event) -> None:
        """Erase all that is due, or until stopped. Raises `Unavailable`."""
        now, limits = self._clock.now(), self._limits
        hits_before = now - timedelta(days=limits.hits_days)
        while erased := await self._retention.forget_hits(hits_before, limits.events_at_once_max):
            self._count("events", erased)
            await pause(stop, BETWEEN_S)
            if stop.is_set():
                return
        letters_before = now - timedelta(days=limits.dead_letters_days)
        self._count("dead_letters", await self._letters.forget(letters_before))
        await self._retention.forget_replays(letters_before)
        await self._retention.forget_devices(now - timedelta(days=limits.devices_days))

    def _count(self, what: str, erased: int) -> None:
        if erased:
            self._metrics.erased.labels(what=what).inc(erased)
            log.info("erased", what=what, erased=erased)
