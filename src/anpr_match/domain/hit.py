"""A hit: the report that a read matched a vehicle of interest."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from anpr_match.domain.camera import Camera
from anpr_match.domain.read import Read
from anpr_match.domain.routing import Place
from anpr_match.domain.watchlist import Entry


class Tier(StrEnum):
    """How a hit is to be treated: from its probability, with borders that are settings."""

    EXACT = "exact"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Factor:
    """One piece of evidence: natural log-odds that it adds for (or, negative, against) the match."""

    name: str
    log_odds: float
    note: str


@dataclass(frozen=True, slots=True)
class Match:
    """What the matcher says of one read and one entry.

    `plate_read` is the comparable form of the reading that matched (the read's plate or one of its
    candidates), `plate_listed` the entry's plate or pattern as listed. `probability` is the chance
    (0-1) that the vehicle read is the vehicle listed. `reason` is one sentence an officer understands.
    """

    entry: Entry
    plate_read: str
    plate_listed: str
    probability: float
    tier: Tier
    reason: str
    evidence: tuple[Factor, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A match to be recorded. `hit_id` is made of read and entry, so that twice is once.

    `late`: reached us more than ten minutes after capture, or the camera's clock is off; it is shown
    with its age, delivered all the same, never sounded.
    """

    hit_id: str
    read: Read
    match: Match
    camera: Camera
    matched_at: datetime
    watchlist_revision: int
    late: bool

    @property
    def place(self) -> Place | None:
        """Where it was read: as the read says (a camera may be in a car), else where the camera stands."""
        return self.read.place or self.camera.place


@dataclass(frozen=True, slots=True)
class Sighting:
    """One passing of an entry's vehicle, to which a hit belongs: `reads` is the how-manieth read of it,
    `heading` the way it went from camera to camera, in degrees from north."""

    sighting_id: str
    reads: int
    heading: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a batch did: how many hits were new, and the log's last place after it."""

    hits_new: int = 0
    head_seq: int = 0
    hit_ids: tuple[str, ...] = field(default=())


def hit_id(read: Read, entry_id: str) -> str:
    """The id of the hit of this read on this entry, the same on every machine and every try.

    A read is told by its camera and its id: cameras that count 1, 2, 3 … must not take one another's
    hits away.
    """
    return "h-" + _digest(read, entry_id)


def sighting_id(read: Read, entry: Entry) -> str:
    """The id of an entry's sighting that begins with this read. What stands before the slash is shared by all
    entries of the plate: one vehicle passes, however many forces have listed it."""
    return f"s-{_digest(read, entry.terms.vrm or entry.entry_id)}/{entry.entry_id}"


def sighting_ids(sighting_id: str, entry_ids: Iterable[str]) -> list[str]:
    """The ids that sightings of the same passing have, its own and those of these entries."""
    passing = passing_id(sighting_id)
    return list({sighting_id, *(f"{passing}/{entry_id}" for entry_id in entry_ids)})


def passing_id(sighting_id: str) -> str:
    """The vehicle's passing that an entry's sighting is of: the id that cars and reports are told."""
    return sighting_id.partition("/")[0]


def _digest(read: Read, of: str) -> str:
    text = f"{read.camera_id}\0{read.read_id}\0{of}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
