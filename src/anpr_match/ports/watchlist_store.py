"""The shared watchlist: edited in transactions, followed by revision."""

from datetime import datetime
from typing import Protocol

from anpr_match.domain.caller import Caller
from anpr_match.domain.watchlist import Change, Entry, Page, Snapshot, State, Terms, Version


class WatchlistStore(Protocol):
    """Every edit is one transaction: the entry, its history, the audit record, the change with the next
    revision, and what it does to hits. Revisions are gapless and in commit order: who has applied
    all changes up to n has the list as it stood at n, and will never find a change below n later.
    """

    async def create(self, entry_id: str, terms: Terms, by: Caller, at: datetime) -> Entry:
        """Add an entry, version 1. Raises `AlreadyExists` if `entry_id` is taken."""
        ...

    async def create_many(
        self, entries: list[tuple[str, Terms]], by: Caller, at: datetime, reason: str
    ) -> list[Entry]:
        """Add entries, all or none (an import). Nobody sees any until all are there, at once; and hits
        do not wait for it. Raises `AlreadyExists` if an id is taken."""
        ...

    async def undo_broken_off(self, at: datetime) -> int:
        """Erase what imports left behind that were broken off; returns how many there were."""
        ...

    async def amend(self, entry_id: str, version: int, terms: Terms, by: Caller, at: datetime) -> Entry:
        """Replace the terms of an active entry. Raises `NotFound`, `Stale` when `version` is not the
        one that stands, `Conflict` when the entry is no longer active."""
        ...

    async def withdraw(self, entry_id: str, version: int, reason: str, by: Caller, at: datetime) -> Entry:
        """Take an entry off the list, and write `hit.withdrawn` for each of its open hits.
        Raises as `amend`."""
        ...

    async def end_due(self, at: datetime, limit: int) -> int:
        """End entries whose `ends_at` has come, as `withdraw` does; returns how many were."""
        ...

    async def entry(self, entry_id: str) -> Entry | None: ...

    async def entries(self, cursor: str | None, limit: int, state: State | None, force: str | None) -> Page:
        """Entries by id, from `cursor` on. Raises `Refused` on a cursor that is not one."""
        ...

    async def search(self, vrms: list[str], by: Caller, reason: str, at: datetime) -> list[Entry]:
        """Active entries with these comparable plates; the consultation is audited with its reason."""
        ...

    async def history(self, entry_id: str) -> list[Version]:
        """What was done to the entry, oldest first; [] if there is none."""
        ...

    async def snapshot(self) -> Snapshot:
        """All active entries, with the revision at which they stood so (one consistent view)."""
        ...

    async def changes(self, after: int, limit: int) -> list[Change]:
        """The changes with revisions after+1, after+2, … without a gap, at most `limit`."""
        ...

    async def revision(self) -> int:
        """The newest revision."""
        ...
