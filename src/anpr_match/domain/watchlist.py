"""The watchlist: vehicles of interest, and the log of changes to them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from anpr_match.domain.sharing import may_see

FORCES = ("beds", "cambs", "herts", "norfolk", "suffolk", "essex", "kent")
"""The seven forces of the agreement: the seed of the table of forces, to which others can be added."""


class Response(StrEnum):
    """What the officer is asked to do."""

    STOP = "stop"
    STOP_WITH_CAUTION = "stop_with_caution"
    OBSERVE = "observe"
    LOG_ONLY = "log_only"


class State(StrEnum):
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an analyst writes: which vehicle, why, whose, and until when.

    A vehicle is named by `plate` (exact, spelling kept), by `pattern` (`?` one unknown character, `*`
    a run; positional), or by description alone. `vrm` is the comparable form of `plate`. Times are
    aware and in UTC. `shared_with` are the forces that may see its hits.
    """

    owner_force: str
    category: str
    reason: str
    review_at: datetime
    ends_at: datetime
    plate: str | None = None
    vrm: str | None = None
    pattern: str | None = None
    make: str | None = None
    model: str | None = None
    colour: str | None = None
    type: str | None = None
    priority: int = 2
    response: Response = Response.STOP
    warnings: tuple[str, ...] = ()
    source: str | None = None
    operation_id: str | None = None
    group: str | None = None
    starts_at: datetime | None = None
    shared_with: tuple[str, ...] = FORCES

    def visible_to(self, force: str) -> bool:
        """Whether that force may see the entry and its hits."""
        return may_see(force, self.owner_force, self.shared_with)


@dataclass(frozen=True, slots=True)
class Entry:
    """A vehicle of interest. `version` grows by one with each edit and is the ETag."""

    entry_id: str
    version: int
    terms: Terms
    state: State
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    def matches_at(self, at: datetime) -> bool:
        """Whether a read matched at `at` may hit this entry."""
        started = self.terms.starts_at is None or self.terms.starts_at <= at
        return self.state is State.ACTIVE and started and at < self.terms.ends_at


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All active entries as they stood at `revision`."""

    revision: int
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the watchlist: at `revision` the entry came to look like `entry`.

    An entry whose state is not active is one to forget.
    """

    revision: int
    entry: Entry


class Act(StrEnum):
    """What was done to an entry, as its history and the audit name it."""

    CREATED = "created"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Version:
    """An entry as it stood after one act, with who did it, when, and why."""

    entry: Entry
    act: Act
    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing; `next` is where the following page starts, None at the end."""

    items: list[Entry] = field(default_factory=list)
    next: str | None = None
