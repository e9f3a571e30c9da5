"""Where records go that no read could be made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr_match.ports.read_log import Partition, Unreadable


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A kept record with where it came from."""

    source: Partition
    unreadable: Unreadable
    at: datetime


class DeadLetters(Protocol):
    async def keep(self, source: Partition, letters: Sequence[Unreadable]) -> None:
        """Keep the original bytes with their reason; durable when this returns.

        Keeping the same record (source and offset) again may keep it twice.
        """
        ...

    async def kept(self, limit: int) -> list[DeadLetter]:
        """The newest `limit` letters, oldest first."""
        ...

    async def close(self) -> None: ...
