"""Telling the story at the doors of a service."""

import asyncio
from collections.abc import Mapping
from typing import Any

from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.read_log import MemoryReadLog
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.read import Read
from anpr_match.simulate import astare, play
from anpr_match.simulate.door import Desk
from anpr_match.wire import read as wire_read

HASTE = 100_000.0


class PaperDesk(Desk):
    """An analyst's desk that keeps its calls instead of making them; stops the story after so many."""

    def __init__(self, stop: asyncio.Event, withdrawals: int) -> None:
        self.stop = stop
        self.withdrawals = withdrawals
        self.added: list[Mapping[str, Any]] = []
        self.withdrawn: list[tuple[str, str, str]] = []
        self.stood_down: list[str] = []

    async def add(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        self.added.append(entry)
        return f"e{len(self.added)}", '"1"'

    async def withdraw(self, entry_id: str, etag: str, reason: str) -> None:
        self.withdrawn.append((entry_id, etag, reason))
        if len(self.withdrawn) == self.withdrawals:
            self.stop.set()

    async def stand_down(self, source: str, reason: str) -> None:
        self.stood_down.append(source)


async def test_the_story_goes_on_with_new_plates() -> None:
    """Chapter follows chapter until the stop, each with entries of its own; leftovers are cleared once."""
    stop, log = asyncio.Event(), MemoryReadLog()
    desk = PaperDesk(stop, withdrawals=3)
    await play.Story(1).tell(stop, play.Stage(log, desk, SystemClock(), HASTE))
    plates = [entry["plate"] for entry in desk.added]
    assert len(plates) == len(set(plates)) == 3 * 9
    assert desk.stood_down == [play.SOURCE]
    assert [reason for _, _, reason in desk.withdrawn] == [desk.withdrawn[0][2]] * 3


async def test_a_story_that_was_broken_off_begins_with_the_next_chapter() -> None:
    """When the service was away, the vehicles of the broken chapter are not listed a second time."""
    stop, log = asyncio.Event(), MemoryReadLog()
    desk, story = PaperDesk(stop, withdrawals=1), play.Story(1)
    log.away = True
    stage = play.Stage(log, desk, SystemClock(), HASTE)
    try:
        await story.tell(stop, stage)
        raise AssertionError("the story must say that the log is away")
    except Unavailable:
        log.away = False
    await story.tell(stop, stage)
    plates = [entry["plate"] for entry in desk.added]
    assert len(plates) == len(set(plates))
    assert desk.stood_down == [play.SOURCE]


async def test_without_a_desk_the_reads_alone_are_sent() -> None:
    """On a topic there is no list to edit: the story still drives by, for as long as was asked."""
    stop, log = asyncio.Event(), MemoryReadLog()
    await play.Story(1).tell(stop, play.Stage(log, None, SystemClock(), HASTE), duration_s=0.05)
    reads = [wire_read.decode(value) for values in log.values.values() for value in values]
    assert len(reads) > 0
    assert all(isinstance(read, Read) for read in reads)


def test_an_entry_of_the_story_ends_by_itself() -> None:
    """What the story lists has an end soon, so that a demonstration left running stays small."""
    vehicle = next(iter(astare.chapter(1, 0).vehicles.values()))
    now = SystemClock().now()
    entry = play.entry_of(vehicle, now)
    assert entry["source"] == play.SOURCE
    assert entry["ends_at"] == (now + play.LISTED_FOR).isoformat()
