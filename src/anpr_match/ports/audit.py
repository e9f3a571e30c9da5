"""The record of acts on personal data (Data Protection Act 2018, section 62)."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """The six operations that section 62 names."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Record:
    """One act: who did what to which object, when and why; `digest` chains it to the one before."""

    number: int
    at: datetime
    kind: Kind
    by: str
    force: str | None
    action: str
    subject: str
    reason: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Act:
    """An act that is to be recorded: a `Record` that has no place in the chain yet."""

    at: datetime
    kind: Kind
    by: str
    force: str | None
    action: str
    subject: str
    reason: str | None


GENESIS = "0" * 64
"""What stands before the first digest of a chain."""


def chained(previous_digest: str, number: int, act: Act) -> Record:
    """The record of `act` at its place: its digest is the SHA-256, in hexadecimal, of the digest before
    it, a line feed, and the act with its number as a JSON array without spaces in UTF-8."""
    at = act.at.astimezone(UTC)
    told = [
        number,
        at.isoformat(timespec="microseconds"),
        act.kind.value,
        act.by,
        act.force,
        act.action,
        act.subject,
        act.reason,
    ]
    text = previous_digest + "\n" + json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Record(number, at, act.kind, act.by, act.force, act.action, act.subject, act.reason, digest)


def fits(previous_digest: str, number: int, record: Record) -> bool:
    """Whether `record` is the one that belongs at this place of the chain."""
    act = Act(record.at, record.kind, record.by, record.force, record.action, record.subject, record.reason)
    return record == chained(previous_digest, number, act)


class Audit(Protocol):
    """Append-only and chained. Acts that change a store are written in that store's transaction."""

    async def note(self, act: Act) -> None:
        """Record an act that changed nothing: a consultation or a disclosure."""
        ...

    async def note_all(self, acts: Sequence[Act]) -> None:
        """Record several of them, in their order: all or none."""
        ...

    def records(self) -> AsyncIterator[Record]:
        """All records in order."""
        ...

    async def verify(self) -> int | None:
        """The number of the first record that does not fit the chain; None when all do."""
        ...
