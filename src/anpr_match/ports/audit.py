"""The record of acts on personal data (Data Protection Act 2018, section 62)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
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


class Audit(Protocol):
    """Append-only and chained. Acts that change a store are written in that store's transaction."""

    async def note(
        self,
        kind: Kind,
        by: str,
        force: str | None,
        action: str,
        subject: str,
        reason: str | None,
        at: datetime,
    ) -> None:
        """Record an act that changed nothing: a consultation or a disclosure."""
        ...

    def records(self) -> AsyncIterator[Record]:
        """All records in order."""
        ...

    async def verify(self) -> int | None:
        """The number of the first record that does not fit the chain; None when all do."""
        ...
