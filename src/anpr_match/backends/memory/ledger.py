"""What the ports in memory share, as the others share a database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from anpr_match.domain.act import HitAct
from anpr_match.domain.caller import NewToken
from anpr_match.domain.camera import Camera
from anpr_match.domain.delivery import Device, Receipt, Ticket
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.event import Event, Position
from anpr_match.domain.handling import Handling
from anpr_match.domain.hit import Hit
from anpr_match.domain.sighting import Passing
from anpr_match.domain.unit import Fix, Shift, Unit
from anpr_match.domain.watchlist import FORCES, Change, Entry, Version
from anpr_match.ports.audit import GENESIS, Act, Record, chained
from anpr_match.ports.read_log import Claim, Partition


@dataclass(slots=True)
class KeptHit:
    """A hit with its first event, and what became of it."""

    hit: Hit
    event: Event
    sighting_id: str
    state: Handling
    next_step_at: datetime | None
    withdrawn_reason: str | None = None


@dataclass(slots=True)
class Ledger:
    """Everything there is. Nothing waits between looking and writing, so every call is a transaction
    once it has reached it.

    While `away` is set every port raises `Unavailable`, as when the database is down.
    """

    epoch: str = "memory"
    away: bool = False
    forces: list[str] = field(default_factory=lambda: sorted(FORCES))
    cameras: dict[str, Camera] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    tokens: dict[str, NewToken] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    history: dict[str, list[Version]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    hits: dict[str, KeptHit] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    acts: dict[str, HitAct] = field(default_factory=dict)
    sightings: dict[str, list[Passing]] = field(default_factory=dict)
    claims: dict[tuple[str, Partition], Claim] = field(default_factory=dict)
    claims_made: int = 0
    tickets: dict[str, Ticket] = field(default_factory=dict)
    follower_leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    follower_places: dict[str, Position] = field(default_factory=dict)
    sessions: dict[Device, str] = field(default_factory=dict)
    receipts: dict[Device, Receipt] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)
    fixes: dict[str, Fix] = field(default_factory=dict)
    rights_revision: int = 0
    audit: list[Record] = field(default_factory=list)
    audited: int = 0
    replays: dict[str, datetime] = field(default_factory=dict)

    async def reach(self) -> None:
        """To be called first by every method of a port: others get their turn, as with a real database."""
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("the memory is set to be away")

    def append_audit(self, acts: Sequence[Act]) -> None:
        for act in acts:
            digest = self.audit[-1].digest if self.audit else GENESIS
            self.audited += 1
            self.audit.append(chained(digest, self.audited, act))

    def edit(self, versions: Sequence[Version]) -> None:
        """Write what was done to entries, and the changes with the next revisions."""
        for version in versions:
            entry = version.entry
            self.entries[entry.entry_id] = entry
            self.history.setdefault(entry.entry_id, []).append(version)
            self.changes.append(Change(len(self.changes) + 1, entry))

    def open_hits(self, entry_id: str, since: datetime) -> list[KeptHit]:
        """The hits of an entry that were not withdrawn, recorded from `since` on."""
        return [
            kept
            for kept in self.hits.values()
            if kept.hit.match.entry.entry_id == entry_id
            and kept.withdrawn_reason is None
            and kept.event.recorded_at >= since
        ]

    def shift_of(self, unit_id: str) -> Shift | None:
        """The unit's shift that goes on now."""
        return next((s for s in self.shifts if s.unit_id == unit_id and s.ended_at is None), None)

    def is_off_shift(self, unit_id: str) -> bool:
        """Whether the unit has had shifts and none goes on."""
        return self.shift_of(unit_id) is None and any(s.unit_id == unit_id for s in self.shifts)
