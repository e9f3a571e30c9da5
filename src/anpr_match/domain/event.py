"""The event log: what patrol units are told, in one gapless order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr_match.domain.routing import Addressee, Place, Routing
from anpr_match.domain.sharing import may_see


class Kind(StrEnum):
    HIT = "hit"
    HIT_UPDATED = "hit.updated"
    HIT_WITHDRAWN = "hit.withdrawn"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the log.

    `seq` is gapless and in commit order. `body` is the wire JSON of the hit (for `hit`: the same as
    `GET /v1/hits/{hit_id}`; for the others what changed), rendered once when it was recorded.
    The other fields are what subscriptions filter by; `routing` is to whom it is addressed, None when to
    all who may see it; `place` is where the read was made, None when nobody knows.
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
    routing: Routing | None = None
    place: Place | None = None

    def visible_to(self, force: str) -> bool:
        """Whether that force may see the event."""
        return may_see(force, self.owner_force, self.shared_with)

    @property
    def forces(self) -> tuple[str, ...]:
        """Every force that may see the event, the owner first."""
        return tuple(dict.fromkeys([self.owner_force, *self.shared_with]))

    def addressed_to(self, who: Addressee) -> bool:
        """Whether the event is addressed to that listener, who may see it."""
        return self.routing is None or self.routing.addresses(who)


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
