"""The memory of plates seen: saved at the stop, recalled at the start, refused under another key."""

import asyncio

import numpy as np

from anpr_match.domain.errors import Unavailable
from anpr_match.matching import packing
from anpr_match.pipeline.remember import Remember, recalled

KEY = b"k" * 32


class Shelf:
    """A place for the memory, in memory."""

    def __init__(self) -> None:
        self.saved: bytes | None = None
        self.away = False

    def load(self) -> bytes | None:
        return self.saved

    async def save(self, memory: bytes) -> None:
        if self.away:
            raise Unavailable
        self.saved = memory


def seen_before(shelf: Shelf, key: bytes) -> int:
    """How many sources had seen the plate, by the memory on the shelf; and one more sees it now."""
    memory = recalled(shelf, key, 1_000).seen
    words = packing.pack(["AB01CDE"]).words
    return int(memory.observe(words, np.array([7], np.uint16), np.array([1], np.uint16))[0])


async def test_the_memory_is_saved_at_the_stop_and_recalled() -> None:
    """A plate seen before a restart is known after it."""
    shelf = Shelf()
    memory = recalled(shelf, KEY, 1_000)
    words = packing.pack(["AB01CDE"]).words
    memory.seen.observe(words, np.array([3], np.uint16), np.array([1], np.uint16))
    stop = asyncio.Event()
    stop.set()
    stopped = Remember(memory, shelf, 600)
    stop.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(stopped.run(stop))
        await asyncio.sleep(0)
        stop.set()
    assert shelf.saved is not None
    assert b"AB01CDE" not in shelf.saved
    assert seen_before(shelf, KEY) == 1


def test_what_is_no_memory_is_not_recalled() -> None:
    """Bytes that are no memory are left aside, and a fresh one is begun."""
    shelf = Shelf()
    shelf.saved = b"nonsense"
    assert seen_before(shelf, KEY) == 0


async def test_a_shelf_that_is_away_does_not_stop_the_matcher() -> None:
    """A memory that cannot be saved is a line in the log, not an end."""
    shelf = Shelf()
    shelf.away = True
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(Remember(recalled(shelf, KEY, 1_000), shelf, 600).run(stop))
        await asyncio.sleep(0)
        stop.set()
    assert shelf.saved is None
