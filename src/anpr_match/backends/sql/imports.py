"""Bringing in many entries without keeping anybody waiting.

SQLite has one writer, and hits wait while another writes. So an import is written in small transactions, each
with its audit, and until the last one its entries are not there: that takes the import off those that are
under way, and numbers all its changes. An import that is broken off leaves rows that nobody sees; they are
erased once it has not written for a while, or by itself if it can.
"""

import asyncio
import contextlib
import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from anpr_match.backends.sql import audit, bulk, counters, entries, tables
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.entries import Edit
from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import AlreadyExists, AnprMatchError, Unavailable
from anpr_match.ports.audit import Act, Kind

TAKEN_FOR_DEAD = "the import did not go on for so long that it was undone; do it again"

_pending = tables.pending_import
_entry = tables.entry
_version = tables.entry_version
_begin = sa.insert(_pending)
_mine = sa.and_(_pending.c.import_id == sa.bindparam("of"), _pending.c.touched_at.is_not(None))
_touch = sa.update(_pending).where(_mine).values(touched_at=sa.bindparam("at"))
_finish = sa.delete(_pending).where(_mine)
_doom = sa.update(_pending).where(_pending.c.import_id == sa.bindparam("of")).values(touched_at=None)
_forget = sa.delete(_pending).where(_pending.c.import_id == sa.bindparam("of"))
_dead = sa.select(_pending.c.import_id).where(
    sa.or_(_pending.c.touched_at.is_(None), _pending.c.touched_at < sa.bindparam("before"))
)
_brought = (
    sa.select(_entry.c.entry_id).where(_entry.c.import_id == sa.bindparam("of")).limit(sa.bindparam("most"))
)
_place = sa.func.row_number().over(order_by=_entry.c.entry_id)
_number_changes = sa.insert(tables.watchlist_change).from_select(
    ["revision", "entry_id", "version"],
    sa.select(sa.bindparam("last", type_=sa.BigInteger) + _place, _entry.c.entry_id, _entry.c.version).where(
        _entry.c.import_id == sa.bindparam("of")
    ),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """`entries_at_once` are written in one transaction; on SQLite others then have their turn for `rest_s`:
    as long as SQLite itself waits at most before it looks again whether it may write. An import that has
    not written for `abandoned_s` is taken for dead."""

    entries_at_once: int = 500
    rest_s: float = 0.1
    abandoned_s: float = 60.0


class Imports:
    """Imports into the watchlist of one database, by any number of processes."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def add(self, edits: Sequence[Edit], by: Caller, at: datetime) -> None:
        """Write new entries with their history, audit and changes: all are there at once, or none.
        Raises `AlreadyExists`, `Unavailable`."""
        import_id = secrets.token_hex(12)
        await self._database.write(
            lambda connection: connection.execute(_begin, {"import_id": import_id, "touched_at": at})
        )
        try:
            await self._bring(import_id, edits, by, at)
            await self._database.write(lambda connection: _apply(connection, import_id, len(edits)))
        except AnprMatchError:
            with contextlib.suppress(Unavailable):
                await self._undo(import_id, at)
            raise

    async def undo_abandoned(self, at: datetime) -> int:
        """Erase what imports left that were broken off; returns how many imports."""
        before = at - timedelta(seconds=self._limits.abandoned_s)
        dead: list[str] = await self._database.read(
            lambda connection: list(connection.execute(_dead, {"before": before}).scalars())
        )
        for import_id in dead:
            await self._undo(import_id, at)
        return len(dead)

    async def _bring(self, import_id: str, edits: Sequence[Edit], by: Caller, at: datetime) -> None:
        loop = asyncio.get_running_loop()
        first_s = loop.time()
        size = self._limits.entries_at_once
        for start in range(0, len(edits), size):
            rows = _Rows.of(import_id, edits[start : start + size], by)
            now = at + timedelta(seconds=loop.time() - first_s)
            await self._database.write(functools.partial(_write, rows=rows, import_id=import_id, at=now))
            if start + size < len(edits):
                await self._rest()

    async def _undo(self, import_id: str, at: datetime) -> None:
        await self._database.write(lambda connection: connection.execute(_doom, {"of": import_id}))
        most = self._limits.entries_at_once
        while await self._database.write(lambda connection: _erase(connection, import_id, most, at)):
            await self._rest()

    async def _rest(self) -> None:
        """Between processes SQLite is not fair: who is back at once comes before who has waited."""
        if self._database.is_sqlite:
            await asyncio.sleep(self._limits.rest_s)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some entries of an import as they are written; made beforehand, since others wait meanwhile."""

    entries: list[bulk.Row]
    versions: list[bulk.Row]
    acts: list[Act]

    @classmethod
    def of(cls, import_id: str, edits: Sequence[Edit], by: Caller) -> "_Rows":
        return cls(
            [entries.row(edit.entry, import_id) for edit in edits],
            [entries.version_row(edit) for edit in edits],
            [entries.audited(edit, by.token_id, by.force) for edit in edits],
        )


def _write(connection: sa.Connection, rows: _Rows, import_id: str, at: datetime) -> None:
    if connection.execute(_touch, {"of": import_id, "at": at}).rowcount != 1:
        raise Unavailable(TAKEN_FOR_DEAD)
    try:
        bulk.insert(connection, _entry, rows.entries)
        bulk.insert(connection, _version, rows.versions)
    except IntegrityError:
        # Not chained: the database's message quotes what was sent.
        raise AlreadyExists("an entry of this id is there already") from None
    audit.append(connection, rows.acts)


def _apply(connection: sa.Connection, import_id: str, how_many: int) -> None:
    if connection.execute(_finish, {"of": import_id}).rowcount != 1:
        raise Unavailable(TAKEN_FOR_DEAD)
    last = counters.advance(connection, counters.WATCHLIST, how_many) - how_many
    connection.execute(_number_changes, {"last": last, "of": import_id})


def _erase(connection: sa.Connection, import_id: str, most: int, at: datetime) -> int:
    """Erase some of the import's entries; 0 when none was left, and the import is forgotten."""
    ids = list(connection.execute(_brought, {"of": import_id, "most": most}).scalars())
    if not ids:
        connection.execute(_forget, {"of": import_id})
        return 0
    connection.execute(sa.delete(_version).where(_version.c.entry_id.in_(ids)))
    connection.execute(sa.delete(_entry).where(_entry.c.entry_id.in_(ids)))
    told = f"{len(ids)} entries of a broken-off import"
    audit.append(connection, [Act(at, Kind.ERASURE, entries.OURSELVES, None, "watchlist.undone", told, None)])
    return len(ids)
