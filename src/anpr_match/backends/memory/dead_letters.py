"""Dead letters in memory."""

from collections.abc import Sequence

from anpr_match.domain.errors import Unavailable
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

    async def close(self) -> None:
        """Nothing to give back."""
