"""The log of reads: durable, partitioned, taken in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from anpr_match.domain.read import Read


class Partition(NamedTuple):
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What owning a partition means: where to go on (None: from its beginning), and the owner's
    epoch, which grows with every claim so that an owner that was replaced can be told."""

    next_offset: int | None
    owner_epoch: int


class Claims(Protocol):
    """Where the offsets live that decide: beside the hits, in the same transactions."""

    async def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        """Become the owner of each partition; whoever owned it before is fenced off."""
        ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that no read could be made of: its original bytes, and why.

    `reason` is a stable code for counting, `detail` a sentence that quotes no plate.
    """

    offset: int
    value: bytes | None
    reason: str
    detail: str


class Record(NamedTuple):
    """A record as it lies in the log."""

    offset: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Slice:
    """What was taken of one partition, in its order. `next_offset` names the next record to take.

    `original` gives the record that a read was made of, by the read's place in `reads`; it is asked
    only for a read that cannot be worked with.
    """

    partition: Partition
    owner_epoch: int
    next_offset: int
    reads: Sequence[Read]
    original: Callable[[int], Record]
    unreadable: list[Unreadable] = field(default_factory=list)


def place_of(read: int, others: Sequence[int]) -> int:
    """The place among all records of the read with this number; at `others` (ascending) lie records
    that are no reads."""
    for other in others:
        if other > read:
            break
        read += 1
    return read


class ReadLogWriter(Protocol):
    """The end of the log that the HTTP door writes."""

    async def append(self, reads: Sequence[Read]) -> None:
        """Write the reads; when this returns they survive the death of the process.

        All of them are written or the call raises. Raises `Unavailable` when the log is away,
        `Full` when its bound is reached. A cancelled call may have written.
        """
        ...

    async def close(self) -> None: ...


class ReadLog(Protocol):
    """The end of the log that the matcher takes from. At least once, in order within a partition.

    A position always names the *next* record. The offsets beside the hits (`Claims`) decide where
    taking goes on; `commit` is for tools that watch the lag.
    """

    async def open(self, claims: Claims) -> None:
        """Join the readers of the log. Partitions come and go while it is open."""
        ...

    async def take(self, reads_max: int, wait_s: float) -> list[Slice]:
        """Up to about `reads_max` records, after at most about `wait_s` seconds; [] if there are none.

        A record that cannot be decoded is in `Slice.unreadable`; it never costs the records around
        it. What was taken is not taken again until `rewind`, a new claim, or a restart.
        """
        ...

    async def rewind(self) -> None:
        """Forget what was taken since the last commit: claim again and go on from the claims."""
        ...

    async def hold(self, partition: Partition, next_offset: int, hold_s: float) -> None:
        """Take nothing of this partition for `hold_s` seconds, and then go on at `next_offset`, also
        if records behind it were taken already."""
        ...

    async def commit(self, slices: Sequence[Slice]) -> None:
        """Note for onlookers that these slices are done. May be lost."""
        ...

    def assigned(self) -> frozenset[Partition]:
        """The partitions owned now."""
        ...

    async def lag(self) -> dict[Partition, int]:
        """Records not yet taken, per owned partition, as far as is known."""
        ...

    def silence_s(self) -> float:
        """How long ago the log was last known to answer, while it is asked."""
        ...

    async def close(self) -> None:
        """Leave the readers, quickly; what was not committed is taken again by the next owner."""
        ...
