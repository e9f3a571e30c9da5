"""The shape of a hit's body, for those who read it. `wire/hit.py` renders it; a test holds the two together.

More fields may come; none of these goes.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

Tier = Literal["exact", "probable", "possible"]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Factor(msgspec.Struct, frozen=True):
    """One piece of evidence: natural log-odds for (or, negative, against) the match, and why."""

    log_odds: float
    note: str


class Camera(msgspec.Struct, frozen=True):
    """`registered` is false for a camera that nobody registered: where it stands is then not known."""

    camera_id: str
    name: str
    road: str | None
    lat: float | None
    lon: float | None
    heading: float | None
    force: str | None
    registered: bool


class Entry(msgspec.Struct, frozen=True):
    """The vehicle of interest, as it was listed when the hit was matched."""

    entry_id: str
    version: int
    owner_force: str
    category: str
    priority: Annotated[int, msgspec.Meta(ge=1, le=3)]
    response: str
    warnings: list[str]
    reason: str
    ends_at: datetime
    plate: str | None = None
    pattern: str | None = None
    make: str | None = None
    model: str | None = None
    colour: str | None = None
    type: str | None = None
    operation_id: str | None = None
    group: str | None = None


class Hit(msgspec.Struct, frozen=True):
    """The body of a `hit` and of a `hit.updated`, and of `GET /v1/hits/{hit_id}`: the hit as it stands.

    `sighting_id` is the passing of the vehicle that it belongs to, `sighting_reads` the how-manieth read of
    it. `late`: shown with its age, never sounded. `acts` are newest first.
    """

    hit_id: str
    seq: int
    read: dict[str, Any]
    entry: Entry
    plate_read: str
    plate_listed: str
    probability: Probability
    tier: Tier
    reason: str
    evidence: dict[str, Factor]
    model: str
    camera: Camera
    captured_at: datetime
    received_at: datetime | None
    matched_at: datetime
    watchlist_revision: int
    sighting_id: str
    sighting_reads: int
    sighting_heading: float | None
    previous: list[dict[str, Any]]
    late: bool
    withdrawn: bool
    status: str
    status_reason: str | None
    answer: str | None
    outcome: str | None
    taken_by: dict[str, Any] | None
    routing: dict[str, Any] | None
    acts: list[dict[str, Any]]


class Withdrawn(msgspec.Struct, frozen=True):
    """The body of a `hit.withdrawn`: which card is to be taken away, and why."""

    hit_id: str
    entry_id: str
    sighting_id: str
    reason: str
