"""Where records go that no read could be made of, and the way back from there."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr_match.ports.read_log import Partition, Unreadable


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A kept record with where it came from. `whole` is false when only its head could be kept."""

    source: Partition
    unreadable: Unreadable
    at: datetime
    whole: bool = True

    @property
    def letter_id(self) -> str:
        """Names the record that was kept, by where it lay: `topic/partition/offset`."""
        return f"{self.source.topic}/{self.source.number}/{self.unreadable.offset}"


class DeadLetters(Protocol):
    async def keep(self, source: Partition, letters: Sequence[Unreadable]) -> None:
        """Keep the original bytes with their reason; durable when this returns.

        Keeping the same record (source and offset) again may keep it twice.
        """
        ...

    async def kept(self, limit: int) -> list[DeadLetter]:
        """The newest `limit` letters, oldest first."""
        ...

    def all_kept(self) -> AsyncIterator[DeadLetter]:
        """All that are kept at the time of asking, oldest first, read as they are asked for."""
        ...

    async def forget(self, before: datetime) -> int:
        """Delete the letters kept before that time; returns how many. Where the log that holds them
        forgets by itself, nothing is done and 0 returned."""
        ...

    async def close(self) -> None: ...


class WayBack(Protocol):
    """The log of reads, for records as they are."""

    async def put(self, letter: DeadLetter) -> bool:
        """Write the bytes of a whole letter to the end of the log, to its own partition where that is
        still there. Durable when this returns True; False when the log cannot take this record at all.
        Raises `Unavailable`."""
        ...

    async def close(self) -> None: ...


class Replays(Protocol):
    """Which letters were put back, so that twice is once."""

    async def replayed(self, letter_ids: Sequence[str]) -> dict[str, datetime]:
        """When each of these was put back last; one that never was is not in the answer."""
        ...

    async def note(self, letter_ids: Sequence[str], by: str, reason: str, at: datetime) -> None:
        """Remember that these were put back, and record it in the audit in the same transaction."""
        ...
