"""Acts on hits: recorded once, in one order, and announced in the log of events in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr_match.domain.act import HitAct
from anpr_match.domain.caller import Caller
from anpr_match.domain.event import Event
from anpr_match.domain.handling import Handling, Status
from anpr_match.ports.audit import Act, Kind


@dataclass(frozen=True, slots=True)
class Acted:
    """The hit as it stands after an act, as an event of kind `hit`; `new` is False for an act that had
    been recorded before."""

    event: Event
    new: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A hit with its state, for a report; `next_step_at` is when an open one goes on by itself."""

    hit_id: str
    entry_id: str
    sighting_id: str
    owner_force: str
    shared_with: tuple[str, ...]
    captured_at: datetime
    recorded_at: datetime
    next_step_at: datetime | None
    state: Handling


@dataclass(frozen=True, slots=True)
class Answered:
    """An act that gave an answer or an outcome, with the hit that it was given on; `body` is the hit as
    it was announced."""

    act: HitAct
    entry_id: str
    owner_force: str
    shared_with: tuple[str, ...]
    category: str
    tier: str
    body: str


def audited(act: HitAct, by: Caller) -> Act:
    """The audit record of an officer's act. It names no plate: the act itself holds what was said."""
    said = act.outcome or act.answer
    reason = said.value if said else None
    return Act(act.recorded_at, Kind.ALTERATION, by.token_id, by.force, f"hit.{act.kind}", act.hit_id, reason)


class ActStore(Protocol):
    """Acts take their turn with whoever else writes the event log: the order of `seq` is the order in
    which they count. Each method raises `Unavailable` if the store is away."""

    async def act(self, act: HitAct, by: Caller) -> Acted:
        """Record an officer's act, with the new state of the hit and of the other hits of its passing
        that it answers, a `hit.updated` for each of them, and the audit record: all or nothing.

        An act whose id is recorded already changes nothing. Raises `NotFound` if there is no such hit
        or it is not shared with the caller's force, `Refused` if the id was used for another act.
        """
        ...

    async def step_due(self, at: datetime, limit: int) -> int:
        """Take the next step of open hits whose time has come, at most `limit`, each with its
        `hit.updated`; returns how many. Any number of processes may call it: a step is taken once."""
        ...

    async def standing(self, status: Status, since: datetime, limit: int) -> Sequence[Standing]:
        """Hits of that status recorded since then, the oldest first; those withdrawn are left out."""
        ...

    async def tally(self, since: datetime) -> Mapping[Status, int]:
        """How many hits recorded since then have which status."""
        ...

    async def open_by_priority(self) -> Mapping[int, int]:
        """How many hits are open, by priority."""
        ...

    async def announced(self, since: datetime, limit: int) -> Sequence[Standing]:
        """Hits recorded since then, the newest first."""
        ...

    async def answered(self, since: datetime, entry_id: str | None, limit: int) -> Sequence[Answered]:
        """Acts with an answer or an outcome that were recorded since then, of one entry or of all, in
        the order of recording; the newest `limit` of them."""
        ...
