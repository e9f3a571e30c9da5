"""When most of what a partition holds is bad, stop, rather than drain it into the dead letters.

A trickle of bad records is dead-lettered at once. But 20 bad ones in a row, or more than 20 among the
last 100, mean that somebody sends something else than reads: then the partition is held at the record
that was one too many. After a pause it goes on, with leave for only so many more dead letters, 100 in
all for one trouble; the trouble is over once no more than 20 of the last 100 were bad. When the leave
is used up, the partition stays at the first bad record, and is looked at again after each pause, until
an operator mends what is wrong or raises the limits.
"""

from collections import deque
from dataclasses import dataclass

WINDOW_RECORDS = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """`in_row`: so many bad records one after the other stop; more than `of_100` among the last hundred
    do too. `letters`: dead letters for one trouble, at most. `hold_s`: the pause before the next try."""

    in_row: int = 20
    of_100: int = 20
    letters: int = 100
    hold_s: float = 60.0


class Breaker:
    """The records of one partition, as they are worked through."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen = 0
        self._in_row = 0
        self._bad: deque[int] = deque()
        self._leave: int | None = None

    @property
    def tripped(self) -> bool:
        """Whether there is trouble that is not over."""
        return self._leave is not None

    def good(self, records: int) -> None:
        """So many good records, one after the other."""
        self._seen += records
        if records:
            self._in_row = 0
        self._forget_old()
        if len(self._bad) <= self._limits.of_100:
            self._leave = None

    def bad(self) -> bool:
        """A bad record: whether it may go to the dead letters. If not, nothing behind it is done."""
        if self._leave is None and self._one_too_many():
            # Those that went before in this trouble count too.
            self._leave = self._limits.letters - len(self._bad)
            return False
        if self._leave is not None:
            if self._leave <= 0:
                return False
            self._leave -= 1
        self._seen += 1
        self._in_row += 1
        self._bad.append(self._seen)
        return True

    def _one_too_many(self) -> bool:
        self._forget_old()
        return self._in_row + 1 >= self._limits.in_row or len(self._bad) + 1 > self._limits.of_100

    def _forget_old(self) -> None:
        # The next record would be the newest of the window.
        while self._bad and self._bad[0] <= self._seen + 1 - WINDOW_RECORDS:
            self._bad.popleft()
