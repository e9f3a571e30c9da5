"""Who drives through the story: vehicles of interest, each with what an analyst wrote of it."""

import random
from dataclasses import dataclass, field
from enum import StrEnum

from anpr_match.simulate import plates

OPERATION = "Op Astare"


class Role(StrEnum):
    """A part in the story."""

    LEAD = "lead"
    SECOND = "second"
    THIRD = "third"
    LADDER = "ladder"
    SOLD = "sold"
    LATE = "late"
    DRIFT = "drift"
    LOOKALIKE = "lookalike"
    NEWCOMER = "newcomer"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle of interest as the story lists it."""

    plate: str
    make: str
    model: str
    colour: str
    owner_force: str
    reason: str
    category: str = "hare_coursing"
    priority: int = 2
    response: str = "stop"
    warnings: tuple[str, ...] = ()
    operation_id: str | None = OPERATION


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is always so of a part; make and colour change with each telling."""

    owner_force: str
    reason: str
    category: str = "hare_coursing"
    priority: int = 2
    response: str = "stop"
    warnings: tuple[str, ...] = ()
    operation: bool = True
    letter: str = field(default="")
    """The letter that the story needs in the middle of the plate's last three; empty: any."""


_SHEETS = {
    Role.LEAD: _Sheet(
        "herts",
        "Lead car of a coursing convoy from Kent; driver made off from officers at Offley",
        priority=1,
        response="stop_with_caution",
        warnings=("violence", "fails to stop"),
        letter="B",
    ),
    Role.SECOND: _Sheet(
        "herts",
        "Second car of the convoy; carries the dogs",
        priority=1,
        warnings=("dogs in vehicle",),
    ),
    Role.THIRD: _Sheet(
        "kent",
        "Third car of the convoy; seen at coursing on Romney Marsh",
        warnings=("catapults",),
    ),
    Role.LADDER: _Sheet(
        "norfolk",
        "Warned in Norfolk on 12 September and in Hertfordshire on 3 November: a third time counts",
    ),
    Role.SOLD: _Sheet("beds", "Seen with lurchers at Shefford; keeper not traced", response="observe"),
    Role.LATE: _Sheet("suffolk", "Left the scene of coursing at Stanton", priority=1),
    Role.DRIFT: _Sheet(
        "cambs", "Damaged a gate and crops near Chatteris", category="rural_damage", operation=False
    ),
    Role.LOOKALIKE: _Sheet(
        "essex",
        "Tractor GPS units taken at Halstead",
        category="machinery_theft",
        operation=False,
        letter="E",
    ),
    Role.NEWCOMER: _Sheet(
        "essex", "Just reported: men with dogs in the fields at Halstead", priority=1, response="observe"
    ),
}

_MODELS = (
    ("Mitsubishi", "L200"),
    ("Subaru", "Forester"),
    ("Land Rover", "Defender"),
    ("Ford", "Ranger"),
    ("Isuzu", "D-Max"),
    ("Nissan", "Navara"),
    ("Toyota", "Hilux"),
    ("Suzuki", "Jimny"),
    ("Volkswagen", "Amarok"),
    ("Skoda", "Octavia"),
)
_COLOURS = ("black", "blue", "green", "grey", "red", "silver", "white")


def cast(chance: random.Random) -> dict[Role, Vehicle]:
    """The vehicles of one telling, none with the plate of another."""
    models = chance.sample(_MODELS, k=len(_SHEETS))
    vehicles: dict[Role, Vehicle] = {}
    for (role, sheet), (make, model) in zip(_SHEETS.items(), models, strict=True):
        vehicles[role] = Vehicle(
            plate=plates.mark(chance, plates.LISTED_AGES, sheet.letter),
            make=make,
            model=model,
            colour=chance.choice(_COLOURS),
            owner_force=sheet.owner_force,
            reason=sheet.reason,
            category=sheet.category,
            priority=sheet.priority,
            response=sheet.response,
            warnings=sheet.warnings,
            operation_id=OPERATION if sheet.operation else None,
        )
    return vehicles
