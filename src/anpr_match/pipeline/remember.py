"""Keeping the matcher's memory warm over restarts: plates seen before, and sightings of listed ones."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from anpr_match.domain.errors import Unavailable
from anpr_match.matching import kept
from anpr_match.matching.matcher import Memory
from anpr_match.matching.seen import KEPT_DAYS, SeenBefore
from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.seen_store import SeenStore

log = structlog.get_logger(__name__)

SIGHTING_DAYS = 7.0
"""An older sighting says next to nothing of where a vehicle is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often is saved, and how long a sighting is kept: never longer than the hit that it was."""

    every_s: float
    sighting_days: float = SIGHTING_DAYS


def recalled(store: SeenStore, key: bytes, plates_max: int, kept_days: int = KEPT_DAYS) -> Memory:
    """The memory that was saved last; a fresh one when there is none or it is of another key's making. Plates
    are kept `kept_days` after they were last seen, whatever it was when they were saved."""
    saved = store.load()
    if saved is not None:
        try:
            memory = kept.from_bytes(saved, key)
            memory.seen.keep_days(kept_days)
            return memory
        except ValueError as error:
            log.warning("seen_memory_refused", detail=str(error))
    return Memory(SeenBefore(key, plates_max, kept_days))


class Remember:
    """Saves the memory every `every_s`, and once more at the stop; forgets sightings that are too old."""

    def __init__(self, memory: Memory, store: SeenStore, key: bytes, clock: Clock, limits: Limits) -> None:
        self._memory = memory
        self._store = store
        self._key = key
        self._clock = clock
        self._limits = limits

    async def run(self, stop: asyncio.Event) -> None:
        self._forget()
        while not stop.is_set():
            await pause(stop, self._limits.every_s)
            self._forget()
            await self._save()

    def _forget(self) -> None:
        before = self._clock.now() - timedelta(days=self._limits.sighting_days)
        self._memory.sightings.forget(before)

    async def _save(self) -> None:
        # Packing takes as long as a hundred batches, and the matcher goes on meanwhile: sightings are
        # copied before, and of the plates seen each place stands for itself.
        sightings = self._memory.sightings.state()
        packed = await asyncio.to_thread(kept.to_bytes, self._memory.seen, sightings, self._key)
        try:
            await self._store.save(packed)
        except Unavailable as error:
            # The old one stays, and matching goes on: only precision is at stake.
            log.warning("seen_memory_unsaved", detail=error.detail)
