"""Units: patrol cars or crews, their shifts, and where they are."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Unit:
    """A patrol car or crew. `callsign` is unique over all forces, for example "HERTS CH-32"."""

    unit_id: str
    callsign: str
    force: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A unit on duty with its crew, for these operations. A unit has one shift at a time; who never
    keeps shifts is always on duty."""

    shift_id: str
    unit_id: str
    crew: tuple[str, ...]
    operations: tuple[str, ...]
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a unit was at a time, in degrees; `accuracy_m` is the radius it is good to, None: unknown.
    Only the last one is kept, and not for long: where officers are is personal data."""

    lat: float
    lon: float
    at: datetime
    accuracy_m: float | None = None
