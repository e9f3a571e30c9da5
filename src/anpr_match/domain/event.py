"""The event log: what patrol units are told, in one gapless order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    HIT = "hit"
    HIT_UPDATED = "hit.updated"
    HIT_WITHDRAWN = "hit.withdrawn"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the log.

    `seq` is gapless and in commit order. `body` is the wire JSON of the hit (for `hit`: the same as
    `GET /v1/hits/{hit_id}`; for the others what changed), rendered once when it was recorded.
    The other fields are what subscriptions filter by.
    """

    seq: int
    kind: Kind
    hit_id: str
    owner_force: str
    shared_with: tuple[str, ...]
    category: str
    priority: int
    tier: str
    operation_id: str | None
    captured_at: datetime
    recorded_at: datetime
    body: str

    def visible_to(self, force: str) -> bool:
        """Whether that force may see the event."""
        return force == self.owner_force or force in self.shared_with


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the log begins and ends: a position is good when its epoch is `epoch` and its seq is
    at least `floor_seq` (the last seq no longer held, 0 when all are) and at most `head_seq`."""

    epoch: str
    floor_seq: int
    head_seq: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a subscriber is: the last seq it holds, in the log named `epoch`."""

    epoch: str
    seq: int
