"""A unit: a patrol car or crew that hits are sent to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """`callsign` is unique over all forces, for example "HERTS CH-32"."""

    unit_id: str
    callsign: str
    force: str
