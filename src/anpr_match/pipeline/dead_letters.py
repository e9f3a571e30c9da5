"""Looking at the dead letters, and putting them back into the log of reads.

A letter that is put back is decoded and matched like any other record; if it fails again it becomes a
dead letter again. It is marked after it is written, so that nothing is ever marked that was not: after
a crash in between it may be written twice, and its hit is recorded once all the same.
"""

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from anpr_match.domain.errors import NotFound
from anpr_match.ports.audit import Act, Audit, Kind
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetter, DeadLetters, Replays, WayBack

MARKED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A letter without what is in it. `replayed_at`: when it was last put back, since it was kept."""

    letter_id: str
    reason: str
    detail: str
    at: datetime
    bytes: int | None
    whole: bool
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """How many letters there are by reason, how many of them were not put back, and the newest."""

    by_reason: dict[str, int]
    waiting: int
    newest: list[Glimpse]


@dataclass(slots=True)
class Outcome:
    """What a replay does, or would do: letters by what becomes of them.

    `again` were put back before; `head_only` are not whole; `not_taken` were refused by the log.
    """

    put_back: list[str] = field(default_factory=list)
    again: int = 0
    head_only: int = 0
    not_taken: list[str] = field(default_factory=list)
    by_reason: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters: those of a reason, or those named, or both; neither means all."""

    reason: str | None = None
    ids: Collection[str] = ()

    def holds(self, letter: DeadLetter) -> bool:
        right_reason = self.reason is None or letter.unreadable.reason == self.reason
        return right_reason and (not self.ids or letter.letter_id in self.ids)


class DeadLetterOffice:
    """What an operator does with dead letters. Every method raises `Unavailable`."""

    def __init__(self, letters: DeadLetters, replays: Replays, audit: Audit, clock: Clock) -> None:
        self._letters = letters
        self._replays = replays
        self._audit = audit
        self._clock = clock

    async def overview(self, newest: int) -> Overview:
        """Looks through all that are kept. A record that was kept twice counts once."""
        by_reason: Counter[str] = Counter()
        kept_at: dict[str, datetime] = {}
        last: deque[DeadLetter] = deque(maxlen=newest)
        async for letter in self._letters.all_kept():
            if letter.letter_id not in kept_at:
                kept_at[letter.letter_id] = letter.at
                by_reason[letter.unreadable.reason] += 1
                last.append(letter)
        marks = await self._replays.replayed(list(kept_at))
        waiting = sum(1 for one, at in kept_at.items() if not _after(marks.get(one), at))
        return Overview(dict(by_reason), waiting, [_glimpse(letter, marks) for letter in last])

    async def show(self, letter_id: str, by: str, reason: str) -> DeadLetter:
        """The letter with its bytes; audited as a disclosure before it is given. Raises `NotFound`."""
        found = None
        async for letter in self._letters.all_kept():
            if letter.letter_id == letter_id:
                found = letter
        if found is None:
            raise NotFound("there is no such dead letter")
        act = Act(self._clock.now(), Kind.DISCLOSURE, by, None, "dead_letter.show", letter_id, reason)
        await self._audit.note(act)
        return found

    async def replay(self, choice: Choice, way_back: WayBack | None, by: str, reason: str) -> Outcome:
        """Put the chosen letters back; without a way back only say what would be done."""
        outcome = Outcome()
        done: set[str] = set()
        unmarked: list[str] = []
        try:
            async for letter in self._letters.all_kept():
                if choice.holds(letter) and letter.letter_id not in done:
                    done.add(letter.letter_id)
                    if await self._put(letter, way_back, outcome):
                        unmarked.append(letter.letter_id)
                if len(unmarked) >= MARKED_AT_ONCE:
                    await self._replays.note(unmarked, by, reason, self._clock.now())
                    unmarked = []
        finally:
            if unmarked:
                await self._replays.note(unmarked, by, reason, self._clock.now())
        return outcome

    async def _put(self, letter: DeadLetter, way_back: WayBack | None, outcome: Outcome) -> bool:
        """Whether it was written, and is to be marked."""
        marks = await self._replays.replayed([letter.letter_id])
        if _after(marks.get(letter.letter_id), letter.at):
            outcome.again += 1
            return False
        if not letter.whole:
            outcome.head_only += 1
            return False
        if way_back is not None and not await way_back.put(letter):
            outcome.not_taken.append(letter.letter_id)
            return False
        outcome.put_back.append(letter.letter_id)
        outcome.by_reason[letter.unreadable.reason] += 1
        return way_back is not None


def _after(mark: datetime | None, kept_at: datetime) -> bool:
    """Whether the mark is this letter's: another log may have had a record of the same name before."""
    return mark is not None and mark >= kept_at


def _glimpse(letter: DeadLetter, marks: dict[str, datetime]) -> Glimpse:
    value, mark = letter.unreadable.value, marks.get(letter.letter_id)
    return Glimpse(
        letter.letter_id,
        letter.unreadable.reason,
        letter.unreadable.detail,
        letter.at,
        None if value is None else len(value),
        letter.whole,
        mark if _after(mark, letter.at) else None,
    )
