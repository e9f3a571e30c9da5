"""Keeping the matcher's memory of plates seen warm over restarts."""

import asyncio

import structlog

from anpr_match.domain.errors import Unavailable
from anpr_match.matching.matcher import Memory
from anpr_match.matching.seen import SeenBefore
from anpr_match.pipeline.pause import pause
from anpr_match.ports.seen_store import SeenStore

log = structlog.get_logger(__name__)


def recalled(store: SeenStore, key: bytes, plates_max: int) -> Memory:
    """The memory that was saved last; a fresh one when there is none or it is of another key's making."""
    saved = store.load()
    if saved is not None:
        try:
            return Memory(SeenBefore.from_bytes(saved, key))
        except ValueError as error:
            log.warning("seen_memory_refused", detail=str(error))
    return Memory(SeenBefore(key, plates_max))


class Remember:
    """Saves the memory every `every_s`, and once more at the stop."""

    def __init__(self, memory: Memory, store: SeenStore, every_s: float) -> None:
        self._memory = memory
        self._store = store
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await pause(stop, self._every_s)
            await self._save()

    async def _save(self) -> None:
        # Packing takes as long as a hundred batches. Meanwhile the memory may change: each place in it
        # stands for itself.
        packed = await asyncio.to_thread(self._memory.seen.to_bytes)
        try:
            await self._store.save(packed)
        except Unavailable as error:
            # The old one stays, and matching goes on: only precision is at stake.
            log.warning("seen_memory_unsaved", detail=error.detail)
