"""Writing a batch, however long a part is away: dead letters first, then hits and offsets together.

What is away delays; it never sends a record to the dead letters. A hit that the store refuses for what
is in it does: the others are then recorded one by one, and the offsets last.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from anpr_match.domain.errors import Unavailable, Unwritable
from anpr_match.domain.hit import Hit, Recorded
from anpr_match.pipeline.pause import pause
from anpr_match.pipeline.share import Share, places
from anpr_match.ports.dead_letters import DeadLetters
from anpr_match.ports.hit_store import HitStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """The pauses while a part is away grow from `retry_first_s` to `retry_max_s`."""

    retry_first_s: float = 0.1
    retry_max_s: float = 2.0
    refused_in_row: int = 20


@dataclass(slots=True)
class _Work:
    """A batch to be written. `kept`: the letters that are kept already, by identity; `new`: the hits that
    were recorded one by one."""

    shares: Sequence[Share]
    hits: list[Hit]
    kept: set[int] = field(default_factory=set)
    new: list[str] = field(default_factory=list)


class Recording:
    """A store that refuses one hit after the other is not about the hits: after `refused_in_row` of them
    it counts as away, and no more go to the dead letters until it has taken one."""

    def __init__(self, hits: HitStore, dead_letters: DeadLetters, limits: Limits) -> None:
        self._hits = hits
        self._dead_letters = dead_letters
        self._limits = limits
        self._refused_in_row = 0
        self.waits_for: str | None = None
        """What a batch in hand waits for, in words; None while nothing is in its way."""

    async def write(
        self, stop: asyncio.Event, shares: Sequence[Share], hits: Sequence[Hit]
    ) -> Recorded | None:
        """None when stopped before it went through. Raises `Fenced`."""
        wait_s = self._limits.retry_first_s
        work = _Work(shares, list(hits))
        while True:
            try:
                recorded = await self._write(work)
                self.waits_for = None
                return recorded
            except Unavailable as error:
                self.waits_for = error.detail
                log.warning("record_unavailable", detail=error.detail, wait_s=wait_s)
            await pause(stop, wait_s)
            if stop.is_set():
                return None
            wait_s = min(wait_s * 2, self._limits.retry_max_s)

    async def _write(self, work: _Work) -> Recorded:
        await self._keep_letters(work)
        done = [share.done() for share in work.shares]
        try:
            recorded = await self._hits.record(work.hits, done)
        except Unwritable as error:
            log.warning("batch_refused", detail=error.detail, hits=len(work.hits))
            if not work.hits:
                raise
        else:
            if recorded.hits_new:
                self._refused_in_row = 0
            return recorded
        await self._one_by_one(work)
        await self._keep_letters(work)
        last = await self._hits.record([], done)
        return Recorded(len(work.new), last.head_seq, tuple(work.new))

    async def _one_by_one(self, work: _Work) -> None:
        """Record each hit for itself, still only while the partitions are ours. A read whose hit is
        refused goes to the dead letters."""
        owned = [share.owned() for share in work.shares]
        where = places(work.shares)
        for hit in list(work.hits):
            try:
                work.new += (await self._hits.record([hit], owned)).hit_ids
                self._refused_in_row = 0
            except Unwritable as error:
                if self._refused_in_row + 1 >= self._limits.refused_in_row:
                    raise Unavailable("the store refuses every hit; it is asked again") from error
                self._refused_in_row += 1
                work.hits.remove(hit)
                share, place = where[id(hit.read)]
                share.add(place, "record_refused", error.detail)

    async def _keep_letters(self, work: _Work) -> None:
        for share in work.shares:
            letters = [letter for letter in share.letters if id(letter) not in work.kept]
            if letters:
                await self._dead_letters.keep(share.part.partition, letters)
                work.kept.update(map(id, letters))
