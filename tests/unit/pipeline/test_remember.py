"""The matcher's memory: saved at the stop, recalled at the start, refused under another key."""

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.domain.errors import Unavailable
from anpr_match.matching import packing
from anpr_match.matching.matcher import Memory
from anpr_match.matching.sightings import Sighting
from anpr_match.pipeline.remember import Limits, Remember, recalled

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


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


async def stopped(memory: Memory, shelf: Shelf, sighting_days: float = 7.0) -> None:
    """Runs the saving and stops it at once."""
    stop = asyncio.Event()
    remember = Remember(memory, shelf, KEY, WoundClock(NOW), Limits(600, sighting_days))
    async with asyncio.TaskGroup() as group:
        group.create_task(remember.run(stop))
        await asyncio.sleep(0)
        stop.set()


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
    await stopped(memory, shelf)
    assert shelf.saved is not None
    assert b"AB01CDE" not in shelf.saved
    assert seen_before(shelf, KEY) == 1


async def test_a_shorter_keeping_holds_for_what_is_saved() -> None:
    """Plates that were saved are forgotten after as many days as are set now."""
    words, source = packing.pack(["AB01CDE"]).words, np.array([3], np.uint16)
    for days, known in ((30, 1), (20, 0)):
        shelf = Shelf()
        memory = recalled(shelf, KEY, 1_000)
        memory.seen.observe(words, source, np.array([100], np.uint16))
        await stopped(memory, shelf)
        again = recalled(shelf, KEY, 1_000, kept_days=days).seen
        assert again.observe(words, source + 1, np.array([125], np.uint16)).tolist() == [known]


def test_what_is_no_memory_is_not_recalled() -> None:
    """Bytes that are no memory are left aside, and a fresh one is begun."""
    shelf = Shelf()
    shelf.saved = b"nonsense"
    assert seen_before(shelf, KEY) == 0


async def test_a_shelf_that_is_away_does_not_stop_the_matcher() -> None:
    """A memory that cannot be saved is a line in the log, not an end."""
    shelf = Shelf()
    shelf.away = True
    await stopped(recalled(shelf, KEY, 1_000), shelf)
    assert shelf.saved is None


async def test_sightings_are_saved_with_the_plates_seen() -> None:
    """The last sighting of a listed plate is known after a restart, and its plate is not in the file."""
    shelf = Shelf()
    memory = recalled(shelf, KEY, 1_000)
    memory.sightings.note("AB01CDE", Sighting("CAM1", NOW))
    await stopped(memory, shelf)
    assert shelf.saved is not None
    assert b"AB01CDE" not in shelf.saved
    assert recalled(shelf, KEY, 1_000).sightings.last("AB01CDE") == Sighting("CAM1", NOW)
    assert recalled(shelf, b"other" * 8, 1_000).sightings.last("AB01CDE") is None


async def test_sightings_are_forgotten_with_the_hits_at_the_latest() -> None:
    """What is older than sightings are kept goes when the memory is saved, and at the start."""
    shelf = Shelf()
    memory = recalled(shelf, KEY, 1_000)
    memory.sightings.note("AB01CDE", Sighting("CAM1", NOW - timedelta(days=3)))
    memory.sightings.note("AB01CDF", Sighting("CAM1", NOW - timedelta(days=1)))
    await stopped(memory, shelf, sighting_days=2.0)
    again = recalled(shelf, KEY, 1_000)
    assert again.sightings.last("AB01CDE") is None
    assert again.sightings.last("AB01CDF") is not None
    await stopped(again, Shelf(), sighting_days=0.5)
    assert again.sightings.last("AB01CDF") is None
