"""Telling the story in time: beats become reads at the door and edits at the desk."""

import asyncio
import itertools
import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from anpr_match.domain.read import Read
from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.read_log import ReadLogWriter
from anpr_match.simulate import astare
from anpr_match.simulate.cast import Role, Vehicle
from anpr_match.simulate.door import Desk

SOURCE = "demonstration"
"""What the story's entries name as their source, by which they are found again."""

LISTED_FOR = timedelta(hours=1)
"""How long the story's entries stand, so that a demonstration left running stays small."""

SETTLE_S = 1.5
"""A new entry is live in the matcher within a second; the story waits for its first ones."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story happens. Without a `desk` nothing is listed: the reads alone are sent. `pace` is
    how many seconds of the story pass in one."""

    reads: ReadLogWriter
    desk: Desk | None
    clock: Clock
    pace: float = 1.0


class Story:
    """Chapter after chapter. One that was broken off is not told again, so that no vehicle is listed
    twice: the next one begins."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = itertools.count()
        self._begun = False

    async def tell(self, stop: asyncio.Event, stage: Stage, duration_s: float = math.inf) -> None:
        """Tell until `stop` or for `duration_s`. Raises as `Door.call` does."""
        if stage.desk is not None and not self._begun:
            await stage.desk.stand_down(SOURCE, "the demonstration was started again")
        self._begun = True
        end_s = stage.clock.monotonic_s() + duration_s
        while not stop.is_set() and stage.clock.monotonic_s() < end_s:
            chapter = astare.chapter(self._seed, next(self._numbers))
            await _Telling(stage, chapter, end_s).run(stop)


class _Telling:
    """One chapter, with the entries that were made for it."""

    def __init__(self, stage: Stage, chapter: astare.Chapter, end_s: float) -> None:
        self._stage = stage
        self._chapter = chapter
        self._end_s = end_s
        self._entries: dict[Role, tuple[str, str]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        for role in self._chapter.listed_first:
            await self._list(role)
        if self._stage.desk is not None:
            await pause(stop, SETTLE_S / self._stage.pace)
        start_s = self._stage.clock.monotonic_s()
        for beat in self._chapter.beats:
            await self._until(stop, start_s + beat.at_s / self._stage.pace)
            if stop.is_set() or self._stage.clock.monotonic_s() >= self._end_s:
                return
            await self._act(beat.act)
        await self._until(stop, self._stage.clock.monotonic_s() + astare.GAP_S / self._stage.pace)

    async def _until(self, stop: asyncio.Event, at_s: float) -> None:
        wait_s = min(at_s, self._end_s) - self._stage.clock.monotonic_s()
        await pause(stop, max(0.0, wait_s))

    async def _act(self, act: astare.Act) -> None:
        if isinstance(act, astare.Pass):
            await self._stage.reads.append([self._read(act)])
        elif isinstance(act, astare.Listed):
            await self._list(act.role)
        elif self._stage.desk is not None:
            await self._stage.desk.withdraw(*self._entries.pop(act.role), act.reason)

    def _read(self, act: astare.Pass) -> Read:
        sure = [0.99] * len(act.text)
        if act.doubtful is not None:
            sure[act.doubtful] = 0.52
        return Read(
            camera_id=act.camera_id,
            captured_at=self._stage.clock.now() - timedelta(seconds=act.age_s),
            plate=act.text,
            confidence=act.confidence,
            char_confidence=tuple(sure),
            direction="approaching" if act.front else "departing",
            speed_kmh=92.0,
            vehicle=act.looks,
            retransmitted=act.retransmitted,
        )

    async def _list(self, role: Role) -> None:
        if self._stage.desk is not None:
            entry = entry_of(self._chapter.vehicles[role], self._stage.clock.now())
            self._entries[role] = await self._stage.desk.add(entry)


def entry_of(vehicle: Vehicle, now: datetime) -> dict[str, Any]:
    """The body of `POST /v1/watchlist/entries` for a vehicle of the story."""
    return {
        **asdict(vehicle),
        "source": SOURCE,
        "review_at": (now + LISTED_FOR).isoformat(),
        "ends_at": (now + LISTED_FOR).isoformat(),
    }
