"""Dead letters in memory, and their way back."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.read_log import MemoryReadLog
from anpr_match.domain.errors import Unavailable
from anpr_match.ports.audit import Act, Kind
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetter
from anpr_match.ports.read_log import Partition, Unreadable


class MemoryDeadLetters:
    """`letters` is all that was kept; `away = True` makes it unavailable."""

    def __init__(self, clock: Clock) -> None:
        self.letters: list[DeadLetter] = []
        self.away = False
        self._clock = clock

    async def keep(self, source: Partition, letters: Sequence[Unreadable]) -> None:
        if self.away:
            raise Unavailable("the dead letters in memory are away")
        self.letters += [DeadLetter(source, letter, self._clock.now()) for letter in letters]

    async def kept(self, limit: int) -> list[DeadLetter]:
        return self.letters[max(0, len(self.letters) - limit) :]

    async def all_kept(self) -> AsyncIterator[DeadLetter]:
        for letter in list(self.letters):
            yield letter

    async def forget(self, before: datetime) -> int:
        old = [letter for letter in self.letters if letter.at < before]
        self.letters = [letter for letter in self.letters if letter.at >= before]
        return len(old)

    async def close(self) -> None:
        """Nothing to give back."""


class MemoryWayBack:
    def __init__(self, log: MemoryReadLog) -> None:
        self._log = log

    async def put(self, letter: DeadLetter) -> bool:
        self._log.check()
        known = letter.source in self._log.partitions
        self._log.put(letter.source.number if known else 0, [letter.unreadable.value])
        return True

    async def close(self) -> None:
        """Nothing to give back."""


class MemoryReplays:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def replayed(self, letter_ids: Sequence[str]) -> dict[str, datetime]:
        await self._ledger.reach()
        marks = self._ledger.replays
        return {letter_id: marks[letter_id] for letter_id in letter_ids if letter_id in marks}

    async def note(self, letter_ids: Sequence[str], by: str, reason: str, at: datetime) -> None:
        await self._ledger.reach()
        self._ledger.replays |= dict.fromkeys(letter_ids, at)
        self._ledger.append_audit(
            [Act(at, Kind.COMBINATION, by, None, "dead_letter.replay", one, reason) for one in letter_ids]
        )
