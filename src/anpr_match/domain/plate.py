"""A plate: the characters as read, and as compared."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plate:
    """`raw` is kept for ever, unchanged. `vrm` is upper-case A-Z0-9, or None with the `refusal`.

    Raw text that cannot be compared is never shortened into something that can: dropping an unknown
    character forges another, valid plate.
    """

    raw: str
    vrm: str | None
    refusal: str | None = None
