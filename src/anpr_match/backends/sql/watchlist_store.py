"""The watchlist in SQL. Edits of entries take turns: each first locks the counter of revisions, and then
sees the list as the edit before it left it. There are few edits, and this way none can be lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from anpr_match.backends.sql import audit, counters, entries, imports, tables, withdrawals
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.entries import Edit
from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import AlreadyExists, Conflict, NotFound, Stale
from anpr_match.domain.watchlist import Act, Change, Entry, Page, Snapshot, State, Terms, Version
from anpr_match.ports.audit import Act as AuditAct
from anpr_match.ports.audit import Kind
from anpr_match.wire import cursor as wire_cursor

_ENDED = "its end date has come"
_IDS_AT_ONCE = 500

_entry = tables.entry
_there: sa.Select[Any] = sa.select(*entries.COLUMNS).where(entries.there)
_by_id = _there.where(_entry.c.entry_id == sa.bindparam("id"))
_active = _there.where(_entry.c.state == State.ACTIVE.value)
_due = (
    _active.where(_entry.c.ends_at <= sa.bindparam("at"))
    .order_by(_entry.c.ends_at, _entry.c.entry_id)
    .limit(sa.bindparam("most"))
)
_by_vrm = _active.where(_entry.c.vrm.in_(sa.bindparam("vrms", expanding=True))).order_by(_entry.c.entry_id)
_history = (
    sa.select(tables.entry_version)
    .join(_entry, _entry.c.entry_id == tables.entry_version.c.entry_id)
    .where(tables.entry_version.c.entry_id == sa.bindparam("id"), entries.there)
    .order_by(tables.entry_version.c.version)
)
_changes = (
    sa.select(tables.watchlist_change.c.revision, tables.entry_version)
    .join_from(tables.watchlist_change, tables.entry_version)
    .where(tables.watchlist_change.c.revision > sa.bindparam("after"))
    .order_by(tables.watchlist_change.c.revision)
    .limit(sa.bindparam("most"))
)
_revision = sa.select(counters.value(counters.WATCHLIST))


class SqlWatchlistStore:
    """`open_hit_h`: how long after it was recorded a hit is withdrawn with its entry."""

    def __init__(
        self, database: Database, open_hit_h: float = 24.0, many: imports.Limits | None = None
    ) -> None:
        self._database = database
        self._many = many or imports.Limits()
        self._imports = imports.Imports(database, self._many)
        self._open_hit = timedelta(hours=open_hit_h)

    async def create(self, entry_id: str, terms: Terms, by: Caller, at: datetime) -> Entry:
        edit = Edit(entries.begun(entry_id, terms, by.name, at), Act.CREATED, None)
        await self._database.write(lambda connection: self._create(connection, [edit], by))
        return edit.entry

    async def create_many(
        self, entries_: list[tuple[str, Terms]], by: Caller, at: datetime, reason: str
    ) -> list[Entry]:
        made = [entries.begun(entry_id, terms, by.name, at) for entry_id, terms in entries_]
        edits = [Edit(entry, Act.CREATED, reason) for entry in made]
        if len(edits) > self._many.entries_at_once:
            await self._imports.add(edits, by, at)
        elif edits:
            await self._database.write(lambda connection: self._create(connection, edits, by))
        return made

    async def undo_broken_off(self, at: datetime) -> int:
        return await self._imports.undo_abandoned(at)

    def _create(self, connection: sa.Connection, edits: list[Edit], by: Caller) -> None:
        try:
            entries.write(connection, edits)
        except IntegrityError:
            # Not chained: the database's message quotes what was sent.
            raise AlreadyExists("an entry of this id is there already") from None
        self._audit(connection, edits, by)

    async def amend(self, entry_id: str, version: int, terms: Terms, by: Caller, at: datetime) -> Entry:
        def amend(connection: sa.Connection) -> Entry:
            entry = self._to_edit(connection, entry_id, version)
            amended = replace(entry, version=version + 1, terms=terms, updated_at=at, updated_by=by.name)
            edits = [Edit(amended, Act.AMENDED, None)]
            entries.write(connection, edits)
            self._audit(connection, edits, by)
            return amended

        return await self._database.write(amend)

    async def withdraw(self, entry_id: str, version: int, reason: str, by: Caller, at: datetime) -> Entry:
        def withdraw(connection: sa.Connection) -> Entry:
            entry = self._to_edit(connection, entry_id, version)
            edit = Edit(_closed(entry, State.WITHDRAWN, by.name, at), Act.WITHDRAWN, reason)
            self._close(connection, [edit], reason, by, at)
            return edit.entry

        return await self._database.write(withdraw)

    async def end_due(self, at: datetime, limit: int) -> int:
        asked = {"at": at, "most": limit}

        def due(connection: sa.Connection) -> bool:
            return connection.execute(_due, {**asked, "most": 1}).first() is not None

        def end(connection: sa.Connection) -> int:
            counters.locked(connection, counters.WATCHLIST)
            rows = connection.execute(_due, asked).all()
            ended = [_closed(entries.entry(row), State.ENDED, entries.OURSELVES, at) for row in rows]
            edits = [Edit(entry, Act.ENDED, _ENDED) for entry in ended]
            if edits:
                self._close(connection, edits, _ENDED, None, at)
            return len(edits)

        # Mostly nothing is due, and looking must not cost a write.
        return await self._database.write(end) if await self._database.read(due) else 0

    def _to_edit(self, connection: sa.Connection, entry_id: str, version: int) -> Entry:
        """The entry, when it is the one that the caller means to edit."""
        counters.locked(connection, counters.WATCHLIST)
        row = connection.execute(_by_id, {"id": entry_id}).first()
        if row is None:
            raise NotFound("there is no such entry")
        if row.version != version:
            raise Stale(f"the entry is at version {row.version} now; read it again")
        if row.state != State.ACTIVE.value:
            raise Conflict(f"the entry is {row.state}")
        return entries.entry(row)

    def _close(
        self, connection: sa.Connection, edits: list[Edit], reason: str, by: Caller | None, at: datetime
    ) -> None:
        entries.write(connection, edits)
        ids = [edit.entry.entry_id for edit in edits]
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[start : start + _IDS_AT_ONCE]
            withdrawals.withdraw_hits(connection, some, reason, at, at - self._open_hit)
        self._audit(connection, edits, by)

    def _audit(self, connection: sa.Connection, edits: Sequence[Edit], by: Caller | None) -> None:
        who = (by.token_id, by.force) if by else (entries.OURSELVES, None)
        audit.append(connection, [entries.audited(edit, *who) for edit in edits])

    async def entry(self, entry_id: str) -> Entry | None:
        rows = await self._rows(_by_id, {"id": entry_id})
        return entries.entry(rows[0]) if rows else None

    async def entries(self, cursor: str | None, limit: int, state: State | None, force: str | None) -> Page:
        wanted = _there.order_by(_entry.c.entry_id).limit(limit + 1)
        if cursor is not None:
            wanted = wanted.where(_entry.c.entry_id > wire_cursor.last_id(cursor))
        if state is not None:
            wanted = wanted.where(_entry.c.state == state.value)
        if force is not None:
            wanted = wanted.where(_entry.c.owner_force == force)
        items = [entries.entry(row) for row in await self._rows(wanted, {})]
        more = len(items) > limit
        items = items[:limit]
        return Page(items, wire_cursor.cursor(items[-1].entry_id) if more and items else None)

    async def search(self, vrms: list[str], by: Caller, reason: str, at: datetime) -> list[Entry]:
        def search(connection: sa.Connection) -> list[Entry]:
            rows = connection.execute(_by_vrm, {"vrms": vrms})
            found = [entries.entry(row) for row in rows]
            ids = " ".join(entry.entry_id for entry in found) or "none"
            looked = AuditAct(at, Kind.CONSULTATION, by.token_id, by.force, "watchlist.search", ids, reason)
            audit.append(connection, [looked])
            return found

        return await self._database.write(search)

    async def history(self, entry_id: str) -> list[Version]:
        return [entries.version(row) for row in await self._rows(_history, {"id": entry_id})]

    async def snapshot(self) -> Snapshot:
        def stand(connection: sa.Connection) -> tuple[int, Sequence[sa.Row[Any]]]:
            revision: int = connection.execute(_revision).scalar_one()
            return revision, connection.execute(_active).all()

        revision, rows = await self._database.view(stand)
        # A long list takes seconds to decode; the loop has patrol cars to serve meanwhile.
        return Snapshot(revision, await asyncio.to_thread(lambda: [entries.entry(row) for row in rows]))

    async def changes(self, after: int, limit: int) -> list[Change]:
        def changes(connection: sa.Connection) -> list[Change]:
            rows = connection.execute(_changes, {"after": after, "most": limit})
            return [Change(row.revision, entries.as_of(row)) for row in rows]

        return await self._database.read(changes)

    async def revision(self) -> int:
        return int((await self._rows(_revision, {}))[0][0])

    async def _rows(self, statement: sa.Select[Any], values: dict[str, Any]) -> Sequence[sa.Row[Any]]:
        def rows(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
            found: Sequence[sa.Row[Any]] = connection.execute(statement, values).all()
            return found

        return await self._database.read(rows)


def _closed(entry: Entry, state: State, by: str, at: datetime) -> Entry:
    return replace(entry, version=entry.version + 1, state=state, updated_at=at, updated_by=by)
