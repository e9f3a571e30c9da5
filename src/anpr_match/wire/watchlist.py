"""A vehicle of interest on the wire: what an analyst sends, and what comes back.

What is sent and what is returned are two shapes, so that a field which the service owns (id, version,
state, who and when) cannot be sent at all.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from anpr_match.domain.errors import Refused
from anpr_match.domain.watchlist import FORCES, Act, Entry, Response, State, Terms, Version
from anpr_match.wire.fields import ForceCode, Instant, Prose, Word
from anpr_match.wire.problem import of_validation
from anpr_match.wire.report import AnswersOut

SEARCH_PLATES_MAX = 100

EXAMPLE: dict[str, JsonValue] = {
    "plate": "AB01 CDE",
    "owner_force": "herts",
    "category": "hare_coursing",
    "priority": 1,
    "response": "stop_with_caution",
    "warnings": ["catapults", "dogs"],
    "reason": "Seen leaving the fields at Lilley Bottom with lurchers; CPW issued to the keeper.",
    "operation_id": "astare",
    "review_at": "2026-12-20T12:00:00Z",
    "ends_at": "2027-01-20T12:00:00Z",
}
PATCH_EXAMPLE: dict[str, JsonValue] = {"reason": "Keeper changed; see CAD 114.", "group": None}


class EntryIn(BaseModel):
    """What an analyst writes. A vehicle is named by `plate`, by `pattern` (`?` one unknown character,
    `*` a run of them; positional) or by description alone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    owner_force: ForceCode
    category: Word
    reason: Prose
    review_at: Instant
    ends_at: Instant
    plate: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    pattern: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    make: Word | None = None
    model: Word | None = None
    colour: Word | None = None
    type: Word | None = None
    priority: Annotated[int, Field(ge=1, le=3, strict=True)] = 2
    response: Response = Response.STOP
    warnings: Annotated[tuple[Word, ...], Field(max_length=20)] = ()
    source: Word | None = None
    operation_id: Word | None = None
    group: Word | None = None
    starts_at: Instant | None = None
    shared_with: Annotated[tuple[ForceCode, ...], Field(max_length=100)] = FORCES

    def terms(self) -> Terms:
        """As the domain has it; the comparable form of the plate is not yet made."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return Terms(**{**fields, "shared_with": tuple(dict.fromkeys(self.shared_with))})


class EntryOut(BaseModel):
    """A vehicle of interest as it stands. `version` is the ETag."""

    entry_id: str
    version: int
    state: State
    plate: str | None
    pattern: str | None
    make: str | None
    model: str | None
    colour: str | None
    type: str | None
    owner_force: str
    category: str
    priority: int
    response: Response
    warnings: tuple[str, ...]
    reason: str
    source: str | None
    operation_id: str | None
    group: str | None
    starts_at: Instant | None
    review_at: Instant
    ends_at: Instant
    shared_with: tuple[str, ...]
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str


class EntryPage(BaseModel):
    """`next` is the cursor of the following page, null at the end."""

    items: list[EntryOut]
    next: str | None


class VersionOut(BaseModel):
    """One act on an entry, and the entry as it stood after it."""

    act: Act
    at: Instant
    by: str
    reason: str | None
    entry: EntryOut


class HistoryOut(BaseModel):
    """What was done to the entry, oldest first, and what officers answered on its hits."""

    items: list[VersionOut]
    next: None = None
    answers: AnswersOut


class SearchIn(BaseModel):
    """Which plates, and why: the look-up is recorded with its reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"plates": ["AB01 CDE"], "reason": "CAD 114, caller gave the plate"}]
        },
    )

    plates: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=32)]],
        Field(min_length=1, max_length=SEARCH_PLATES_MAX),
    ]
    reason: Prose


class WithdrawIn(BaseModel):
    """Why the entry is taken off the list; shown to the units that hold its hits."""

    model_config = ConfigDict(extra="forbid")

    reason: Prose | None = None


def patched(terms: Terms, patch: dict[str, Any]) -> Terms:
    """The terms with a merge patch applied. Raises `Refused`."""
    merged = {**_written(terms), **patch}
    cleared = [name for name, value in patch.items() if value is None and name in EntryIn.model_fields]
    for name in cleared:
        del merged[name]
    try:
        return EntryIn.model_validate(merged).terms()
    except ValidationError as error:
        raise Refused(of_validation(error.errors(include_input=False, include_url=False))) from None


def entry_out(entry: Entry) -> EntryOut:
    return EntryOut(
        entry_id=entry.entry_id,
        version=entry.version,
        state=entry.state,
        created_at=entry.created_at,
        created_by=entry.created_by,
        updated_at=entry.updated_at,
        updated_by=entry.updated_by,
        **_written(entry.terms),
    )


def version_out(version: Version) -> VersionOut:
    return VersionOut(
        act=version.act,
        at=version.at,
        by=version.by,
        reason=version.reason,
        entry=entry_out(version.entry),
    )


def _written(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in EntryIn.model_fields}
