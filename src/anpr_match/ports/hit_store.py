"""Hits, the event log over them, and the offsets that say which reads are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from anpr_match.domain.event import Bounds, Event
from anpr_match.domain.hit import Hit, Recorded
from anpr_match.ports.read_log import Claim, Partition


@dataclass(frozen=True, slots=True)
class Done:
    """A partition is done up to `next_offset` (exclusive), says its owner."""

    partition: Partition
    owner_epoch: int
    next_offset: int


class HitStore(Protocol):
    async def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        """Become the owner of each partition (see `read_log.Claims`)."""
        ...

    async def record(self, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        """Write hits, their events and the offsets in one transaction: all or nothing.

        A hit already recorded (same read and entry) is left as it is: twice is once. A hit whose
        entry is no longer active is left out. Sequence numbers are gapless and in commit order.
        Raises `Fenced` if any partition has another owner, `Unwritable` if it cannot hold what a hit
        is made of, `Unavailable` if the store is away.
        """
        ...

    async def bounds(self) -> Bounds:
        """Where the event log begins and ends now."""
        ...

    async def events(self, after: int, limit: int) -> list[Event]:
        """Events with seq > `after`, in order, without a gap, at most `limit`."""
        ...

    async def hit_body(self, hit_id: str) -> Event | None:
        """The hit as it stands, as an event of kind `hit`; None if there is none."""
        ...
