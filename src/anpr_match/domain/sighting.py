"""Sightings: which hits belong to one passing of a vehicle, and what is told of its earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from anpr_match.domain.hit import Hit, Sighting, passing_id, sighting_id
from anpr_match.domain.routing import Place

PREVIOUS_MAX = 3
"""How many earlier sightings a hit tells of."""

RECENT_MAX = 8
"""How many of an entry's newest sightings a hit is placed among. More than `PREVIOUS_MAX`, so that a
hit that comes in late still finds the passing that it belongs to."""


MOVED_KM = 0.2
"""Cameras that are nearer together tell nothing of the way a vehicle went."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Which reads of an entry's vehicle are one passing: those no further apart than `window`, and from
    where it can have come. It was not where it would have had to drive faster than `fastest_kmh`, give
    or take `slack_km` that cameras' clocks and positions are off: two vehicles then bear the plate, or
    one of the reads is wrong."""

    window: timedelta = timedelta(minutes=10)
    fastest_kmh: float = 250.0
    slack_km: float = 20.0


@dataclass(frozen=True, slots=True)
class Passing:
    """One passing of an entry's vehicle: from its first read to its last (by time of capture), with
    the camera of the last one. `place` is where that stands, `heading` the way from the camera before
    it in degrees from north; None when they are not known."""

    sighting_id: str
    entry_id: str
    first_at: datetime
    last_at: datetime
    reads: int
    camera_id: str
    camera_name: str | None
    road: str | None
    force: str | None
    place: Place | None = None
    heading: float | None = None

    @property
    def sighting(self) -> Sighting:
        return Sighting(self.sighting_id, self.reads, self.heading)


def place(hit: Hit, recent: Sequence[Passing], rules: Rules) -> Passing:
    """The passing that the hit belongs to, with the hit in it: the nearest of `recent` that was seen
    near enough to it by the `rules`; else a new one."""
    at = hit.read.captured_at
    near = [
        passing
        for passing in recent
        if _apart(passing, at) <= rules.window and _in_reach(passing, hit, rules)
    ]
    if not near:
        return _passing(sighting_id(hit.read, hit.match.entry), hit, at, at, 1)
    found = min(near, key=lambda passing: _apart(passing, at))
    if at < found.last_at:
        return replace(found, first_at=min(found.first_at, at), reads=found.reads + 1)
    here = hit.place
    moved = here is not None and found.place is not None and found.place.km_to(here) > MOVED_KM
    heading = found.place.bearing_to(here) if moved and found.place and here else found.heading
    return replace(
        _passing(found.sighting_id, hit, found.first_at, at, found.reads + 1),
        place=here or found.place,
        heading=heading,
    )


def previous(passing: Passing, recent: Sequence[Passing]) -> list[dict[str, Any]]:
    """The sightings before this one in brief, newest first."""
    before = [other for other in recent if other.last_at < passing.first_at]
    before.sort(key=lambda other: other.last_at, reverse=True)
    return [_in_brief(other) for other in before[:PREVIOUS_MAX]]


def newest(passings: Sequence[Passing]) -> list[Passing]:
    """The newest of an entry's passings, as many as hits are placed among."""
    return sorted(passings, key=lambda passing: passing.last_at, reverse=True)[:RECENT_MAX]


def _in_reach(passing: Passing, hit: Hit, rules: Rules) -> bool:
    here = hit.place
    if passing.place is None or here is None:
        return True
    between = abs(hit.read.captured_at - passing.last_at)
    return passing.place.km_to(here) <= rules.slack_km + rules.fastest_kmh * (between / timedelta(hours=1))


def _apart(passing: Passing, at: datetime) -> timedelta:
    return max(passing.first_at - at, at - passing.last_at, timedelta(0))


def _passing(sighting_id: str, hit: Hit, first_at: datetime, last_at: datetime, reads: int) -> Passing:
    """The passing of which the hit is the last read."""
    camera = hit.camera
    return Passing(
        sighting_id=sighting_id,
        entry_id=hit.match.entry.entry_id,
        first_at=first_at,
        last_at=last_at,
        reads=reads,
        camera_id=camera.camera_id,
        camera_name=camera.name,
        road=camera.road,
        force=camera.force,
        place=hit.place,
    )


def _in_brief(passing: Passing) -> dict[str, Any]:
    return {
        "sighting_id": passing_id(passing.sighting_id),
        "captured_at": passing.last_at.isoformat().replace("+00:00", "Z"),
        "reads": passing.reads,
        "camera_id": passing.camera_id,
        "camera": passing.camera_name or passing.camera_id,
        "road": passing.road,
        "force": passing.force,
    }
