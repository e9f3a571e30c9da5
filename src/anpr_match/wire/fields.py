"""Field types that several bodies share: text that a database takes, and times with a zone."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# Control characters, and those that turn the direction of what follows.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAKS = re.compile(r"[\t\r\n\u2028\u2029]")


def instant(given: object) -> datetime:
    """An RFC 3339 time with its zone, in UTC. Raises `PydanticCustomError`."""
    if isinstance(given, datetime) and given.tzinfo is not None:
        return given.astimezone(UTC)
    if not isinstance(given, str) or not _RFC3339.fullmatch(given):
        raise PydanticCustomError("time_form", "a time has the form 2026-11-22T18:30:00Z, with its zone")
    try:
        return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("time_value", "there is no such time") from None


def rfc3339(at: datetime) -> str:
    """The time as it goes out: UTC, with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise PydanticCustomError("control_character", "control characters are not taken")
    return text


def _on_one_line(text: str) -> str:
    if _LINE_BREAKS.search(text):
        raise PydanticCustomError("line_break", "this has one line")
    return _printable(text)


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_on_one_line)
]
"""A short text on one line: a category, a make, a group."""

Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_printable)
]
"""Words written by a person; may have several lines."""

ForceCode = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$"
    ),
]
"""The code of a force, as in the register of forces."""
