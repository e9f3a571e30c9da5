"""An import that is broken off: nobody sees any of it, and what it left is erased."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from anpr_match.backends.memory.clock import START
from anpr_match.backends.sql import imports, migrate, tables
from anpr_match.backends.sql.audit import SqlAudit
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.watchlist_store import SqlWatchlistStore
from anpr_match.domain.errors import AlreadyExists, NotFound, Unavailable
from anpr_match.domain.watchlist import Terms
from anpr_match.ports.audit import Kind
from tests.contract.makers import ANALYST, some_terms

MANY = [(f"e{n:02d}", some_terms(f"AB01A{n:02d}")) for n in range(20)]
LIMITS = imports.Limits(entries_at_once=5, rest_s=0.0, abandoned_s=60.0)
SOON, LATE = START + timedelta(seconds=59), START + timedelta(seconds=100)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty database of each kind."""
    url: str = request.getfixturevalue(request.param)
    if request.param == "sqlite_url":
        await asyncio.to_thread(migrate.upgrade, url)
    made = Database(url)
    yield made
    await made.dispose()


class Standing(imports.Imports):
    """They stand still where others have their turn, until they may go on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, LIMITS)
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def _rest(self) -> None:
        self.begun.set()
        await self.go_on.wait()


class Stopped(SqlWatchlistStore):
    """Its imports stand still after the first of their transactions, until they may go on; `other` is the
    store of another process."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, many=LIMITS)
        self.other = SqlWatchlistStore(database, many=LIMITS)
        self._imports = standing = Standing(database)
        self.begun, self.go_on = standing.begun, standing.go_on


async def rows(database: Database, table: sa.Table) -> int:
    counted = sa.select(sa.func.count()).select_from(table)
    return int(await database.read(lambda connection: connection.execute(counted).scalar_one()))


async def is_empty(store: SqlWatchlistStore) -> bool:
    """Whether nobody finds anything, in whatever way."""
    return (
        not (await store.snapshot()).entries
        and not (await store.entries(None, 100, None, None)).items
        and not await store.search([str(terms.vrm) for _, terms in MANY], ANALYST, "looking", START)
        and await store.entry("e00") is None
        and not await store.history("e00")
        and await store.revision() == 0
    )


async def begun(store: Stopped, many: list[tuple[str, Terms]]) -> "asyncio.Task[object]":
    """An import that has written something and stands still."""
    importing: asyncio.Task[object] = asyncio.create_task(store.create_many(many, ANALYST, START, "list"))
    await asyncio.wait_for(store.begun.wait(), 30)
    return importing


async def test_an_import_under_way_is_not_there(database: Database) -> None:
    """Until its end nobody sees any entry of an import, nor can edit one; then all are there, numbered
    without a gap after what came meanwhile."""
    store = Stopped(database)
    importing = await begun(store, MANY)
    assert await is_empty(store)
    with pytest.raises(NotFound):
        await store.withdraw("e00", 1, "sold", ANALYST, START)
    await store.create("other", some_terms(), ANALYST, START)
    store.go_on.set()
    await importing
    changes = await store.changes(0, 100)
    assert [change.revision for change in changes] == list(range(1, 22))
    assert [change.entry.entry_id for change in changes] == ["other", *(entry_id for entry_id, _ in MANY)]
    assert len((await store.snapshot()).entries) == 21
    assert await store.other.undo_broken_off(LATE) == 0
    assert await SqlAudit(database).verify() is None


async def test_what_a_broken_off_import_left_is_erased(database: Database) -> None:
    """An import that died leaves nothing that anybody sees; after its time its rows go, which is on record,
    and it can be done again."""
    store = Stopped(database)
    importing = await begun(store, MANY)
    importing.cancel()
    assert await asyncio.gather(importing, return_exceptions=True)
    assert await is_empty(store)
    assert await store.other.undo_broken_off(SOON) == 0
    assert await rows(database, tables.entry) == 5
    assert await store.other.undo_broken_off(LATE) == 1
    assert [await rows(database, table) for table in (tables.entry, tables.entry_version)] == [0, 0]
    assert await store.other.undo_broken_off(LATE) == 0
    audit = SqlAudit(database)
    last = [record async for record in audit.records()][-1]
    assert (last.kind, last.action) == (Kind.ERASURE, "watchlist.undone")
    assert await audit.verify() is None
    await SqlWatchlistStore(database, many=LIMITS).create_many(MANY, ANALYST, LATE, "list")
    assert len((await store.snapshot()).entries) == 20


async def test_an_import_that_was_taken_for_dead_says_so(database: Database) -> None:
    """One that stood still for too long, and was undone, ends with an error and leaves nothing."""
    store = Stopped(database)
    importing = await begun(store, MANY)
    assert await store.other.undo_broken_off(LATE) == 1
    store.go_on.set()
    with pytest.raises(Unavailable, match="do it again"):
        await importing
    assert await is_empty(store)
    assert await rows(database, tables.entry) == 0


async def test_an_import_that_fails_undoes_itself(database: Database) -> None:
    """An id that is taken, met late in an import, leaves nothing of it behind."""
    store = SqlWatchlistStore(database, many=LIMITS)
    await store.create("e17", some_terms(), ANALYST, START)
    with pytest.raises(AlreadyExists):
        await store.create_many(MANY, ANALYST, START, "list")
    assert await store.revision() == 1
    assert await rows(database, tables.entry) == 1
    assert await rows(database, tables.pending_import) == 0
