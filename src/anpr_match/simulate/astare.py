"""Operation Astare as a story that is told again and again, each time with other plates.

A chapter is a list of beats in the order of time: a vehicle passes a camera, an analyst lists or
withdraws a vehicle. Journeys that take an hour are told in minutes. The same seed and number give the
same chapter.
"""

import random
from dataclasses import dataclass, replace

from anpr_match.domain import read
from anpr_match.simulate.cast import Role, Vehicle, cast

GAP_S = 4.5
"""About how far apart beats are, so that a reader can follow."""

INNOCENT = read.Vehicle(colour="beige")
"""The look-alike, as the camera sees it: no listed vehicle is beige."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A vehicle passes a camera. `text` is what the camera reads; it was captured `age_s` ago by the
    camera's clock (below zero: the clock runs ahead)."""

    role: Role
    camera_id: str
    text: str
    confidence: float = 0.96
    age_s: float = 0.5
    retransmitted: bool = False
    front: bool = False
    doubtful: int | None = None
    """Place of a character that the camera is unsure of."""
    looks: read.Vehicle | None = None
    """What the camera says of the vehicle itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The analyst lists the vehicle."""

    role: Role


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The analyst takes the vehicle off the list."""

    role: Role
    reason: str


Act = Pass | Listed | Withdrawn


@dataclass(frozen=True, slots=True)
class Beat:
    at_s: float
    act: Act


@dataclass(frozen=True, slots=True)
class Chapter:
    """`listed_first` are the vehicles that are on the list before the first beat."""

    vehicles: dict[Role, Vehicle]
    listed_first: list[Role]
    beats: list[Beat]


def chapter(seed: int, number: int) -> Chapter:
    """One telling of the story."""
    chance = random.Random(f"{seed}/{number}")
    vehicles = cast(chance)
    acts = _acts(vehicles)
    at_s, beats = 0.0, []
    for act in acts:
        beats.append(Beat(round(at_s, 2), act))
        at_s += GAP_S * chance.uniform(0.75, 1.35)
    return Chapter(vehicles, [role for role in vehicles if role is not Role.NEWCOMER], beats)


def _acts(vehicles: dict[Role, Vehicle]) -> list[Act]:
    plate = {role: vehicle.plate.replace(" ", "") for role, vehicle in vehicles.items()}
    third_looks = read.Vehicle(make=vehicles[Role.THIRD].make, colour=vehicles[Role.THIRD].colour)
    lead, second, third = plate[Role.LEAD], plate[Role.SECOND], plate[Role.THIRD]
    lead_misread = Pass(Role.LEAD, "KENT-DARTFORD", _exchanged(lead, "8"), 0.81, doubtful=5)
    return [
        # The convoy comes up from Kent; mud makes an 8 of the lead car's B.
        lead_misread,
        Pass(Role.SECOND, "KENT-DARTFORD", second),
        Pass(Role.THIRD, "KENT-DARTFORD", third[1:], 0.74, front=True, looks=third_looks),
        Pass(Role.LADDER, "NORFOLK-A11", plate[Role.LADDER], front=True),
        # Nobody looks for the newcomer yet: this gives no hit.
        Pass(Role.NEWCOMER, "ESSEX-A131", plate[Role.NEWCOMER]),
        Pass(Role.SOLD, "BEDS-A507", plate[Role.SOLD]),
        replace(lead_misread, camera_id="ESSEX-M11-J8", confidence=0.86),
        Pass(Role.SECOND, "ESSEX-M11-J8", second, front=True),
        # An innocent look-alike, read perfectly: an officer's own eyes must tell.
        Pass(Role.LOOKALIKE, "HERTS-A414", _exchanged(plate[Role.LOOKALIKE], "F"), 0.99, looks=INNOCENT),
        Listed(Role.NEWCOMER),
        Pass(Role.NEWCOMER, "ESSEX-A120", plate[Role.NEWCOMER]),
        # The A505 camera reads the lead car right: what was probable is now certain.
        Pass(Role.LEAD, "CAMBS-A505", lead, 0.97, front=True),
        Pass(Role.THIRD, "CAMBS-A505", third, front=True),
        # A kit that was out of reach hands in what it kept.
        Pass(Role.LATE, "HERTS-CH35", plate[Role.LATE], age_s=14 * 60, retransmitted=True),
        Pass(Role.LEAD, "HERTS-A505-HITCHIN", lead),
        Pass(Role.SECOND, "HERTS-A505-HITCHIN", second),
        Withdrawn(Role.SOLD, "sold in good faith, the new keeper is not involved"),
        # Displacement: the second car leaves the A505 at Lilley for Lilley Bottom Road.
        Pass(Role.SECOND, "HERTS-A505-LILLEY", second),
        Pass(Role.LADDER, "CAMBS-A505", plate[Role.LADDER]),
        Pass(Role.SECOND, "HERTS-NH14", second, front=True),
        Pass(Role.LEAD, "HERTS-CH32", lead, front=True),
        # The clock of the Batford kit has run away.
        Pass(Role.DRIFT, "HERTS-CH35", plate[Role.DRIFT], age_s=-7 * 60),
        Pass(Role.LADDER, "HERTS-A505-HITCHIN", plate[Role.LADDER], front=True),
    ]


def _exchanged(plate: str, character: str) -> str:
    """The plate with the middle letter of its last three taken for another character."""
    return plate[:5] + character + plate[6:]
