"""Units on duty: their shifts, and where they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from anpr_match.domain.unit import Fix, Shift


class Patrols(Protocol):
    """A change of a shift is one transaction with its audit record, and grows the revision of rights.
    Each method raises `Unavailable` if the store is away."""

    async def start_shift(self, shift: Shift, by: str) -> None:
        """Raises `NotFound` if there is no such unit, `Conflict` if it is on shift already."""
        ...

    async def end_shift(self, unit_id: str, by: str, at: datetime) -> Shift:
        """End the unit's shift, and forget where it was. Raises `NotFound` if there is no such unit,
        `Conflict` if it is not on shift."""
        ...

    async def on_shift(self) -> dict[str, Shift]:
        """The shifts that go on now, by unit."""
        ...

    async def note_fixes(self, fixes: Mapping[str, Fix]) -> None:
        """Keep where units are; an older fix than the one known changes nothing. Of a unit that has had
        shifts and has none now nothing is kept: what is told late must not outlive the shift."""
        ...

    async def fixes(self, since: datetime) -> dict[str, Fix]:
        """Where units were last, by unit, of those that said so at `since` or later and are not
        off shift."""
        ...

    async def forget_fixes(self, before: datetime) -> int:
        """Forget where units were before that time; returns how many were forgotten."""
        ...
