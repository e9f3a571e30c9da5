"""Routing: to whom a hit is addressed. Who may see it is another matter, and does not change."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EARTH_KM = 6371.0


class Level(StrEnum):
    """How far a hit has gone: to those who can act at once, to every force that may see it, and to the
    control room besides."""

    NEAR = "near"
    WIDE = "wide"
    CONTROL_ROOM = "control_room"


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth, in degrees."""

    lat: float
    lon: float

    def km_to(self, other: "Place") -> float:
        """Distance along the surface (haversine)."""
        lat1, lat2 = math.radians(self.lat), math.radians(other.lat)
        half_lat, half_lon = (lat2 - lat1) / 2, math.radians(other.lon - self.lon) / 2
        share = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
        return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(share)))

    def bearing_to(self, other: "Place") -> float:
        """The way to set out to the other place, in degrees from north."""
        lat1, lat2 = math.radians(self.lat), math.radians(other.lat)
        east = math.radians(other.lon - self.lon)
        x = math.sin(east) * math.cos(lat2)
        y = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(east)
        return math.degrees(math.atan2(x, y)) % 360


@dataclass(frozen=True, slots=True)
class Addressee:
    """One who listens: a unit with the operation it works for and where it is, as far as known, or a
    control room (`is_control_room`: an analyst's desk)."""

    force: str
    is_control_room: bool = False
    operation_id: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """To whom a hit is addressed since `since`: units of `forces`, units that work for `operation_id`,
    units within `within_km` of `place` (the camera), and control rooms once it has come to them."""

    level: Level
    forces: tuple[str, ...]
    since: datetime
    operation_id: str | None = None
    place: Place | None = None
    within_km: float | None = None

    def addresses(self, who: Addressee) -> bool:
        """Whether it is addressed to this listener, given that the listener may see it."""
        if who.is_control_room:
            return self.level is Level.CONTROL_ROOM
        if who.force in self.forces or (
            self.operation_id is not None and who.operation_id == self.operation_id
        ):
            return True
        if who.place is None or self.place is None or self.within_km is None:
            return False
        return self.place.km_to(who.place) <= self.within_km


@dataclass(frozen=True, slots=True)
class Waits:
    """How long after it was announced an open hit goes to the next level."""

    wider_s: float
    control_room_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How hits are routed. `waits` is by priority: one that is not there never goes wider. Whatever is
    open `expire_s` after it was announced expires. Units up to `near_km` from the camera are near."""

    waits: tuple[tuple[int, Waits], ...] = ((1, Waits(60.0, 180.0)), (2, Waits(180.0, 600.0)))
    expire_s: float = 3_600.0
    near_km: float = 10.0

    def waits_of(self, priority: int) -> Waits | None:
        return dict(self.waits).get(priority)
