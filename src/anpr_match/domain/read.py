"""A read: one plate reading by one camera at one time.

`Read` is a `msgspec.Struct` and not a dataclass because the hot path decodes hundreds of thousands of
them a second straight from the log's bytes; reads are the only types of the domain that know a library
(ADR 0002). Absent means unknown: never 0, "-" or "unknown".
"""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from anpr_match.domain.routing import Place

CameraId = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Plate = Annotated[str, msgspec.Meta(max_length=64)]
ReadId = Annotated[str, msgspec.Meta(max_length=200)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Direction = Literal["approaching", "departing", "unknown"]
TimeSource = Literal["message", "camera_zone", "received"]


class Candidate(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One of the camera engine's alternative readings, with the engine's own confidence (0-1)."""

    plate: str
    confidence: Share | None = None


class Vehicle(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the camera says of the vehicle beside its plate."""

    make: str | None = None
    model: str | None = None
    colour: str | None = None
    type: str | None = None


class Image(msgspec.Struct, frozen=True, gc=False):
    """Where a picture of the read is kept; pictures themselves never travel with the read."""

    kind: Literal["plate", "vehicle", "scene"]
    ref: str


class Read(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A read as it lies in the log: what the camera sent, and what the service added at the door.

    `captured_at` is aware and in UTC after the door. `plate` is what the camera read, unchanged;
    the empty string means that it saw a vehicle and could not read it. `odd` names optional fields
    that could not be understood and were left out, so that the read itself is still matched.
    """

    camera_id: CameraId
    captured_at: datetime
    plate: Plate
    read_id: ReadId = ""
    confidence: Share | None = None
    candidates: tuple[Candidate, ...] = ()
    char_confidence: tuple[Share, ...] = ()
    region: str | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    heading: float | None = None
    speed_kmh: float | None = None
    direction: Direction | None = None
    lane: str | int | None = None
    vehicle: Vehicle | None = None
    images: tuple[Image, ...] = ()
    vendor_event_id: str | None = None
    received_at: datetime | None = None
    plate_raw: str | None = None
    time_source: TimeSource | None = None
    retransmitted: bool = False
    odd: tuple[str, ...] = ()

    @property
    def place(self) -> Place | None:
        """Where it was read, if the read says so: a camera may be in a car."""
        return None if self.lat is None or self.lon is None else Place(self.lat, self.lon)


def derived_read_id(camera_id: str, captured_at: datetime, plate: str) -> str:
    """The id of a read whose sender gave none: the same read sent twice has the same id.

    Never made of a log position, since a replay from another log would then double every hit.
    """
    text = f"{camera_id}\0{captured_at.isoformat()}\0{plate}"
    return "r-" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
