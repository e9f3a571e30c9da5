"""The stores when the database is away, full, slow or in use, and callers that leave."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.clock import START
from anpr_match.backends.sql import migrate, revision
from anpr_match.backends.sql.engine import Database, parsed
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.backends.sql.limits import Limits
from anpr_match.backends.sql.registers import SqlRegisters
from anpr_match.backends.sql.watchlist_store import SqlWatchlistStore
from anpr_match.domain.caller import Caller, Grant, Role
from anpr_match.domain.errors import SetUp, Unavailable
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Partition
from tests.contract.makers import ANALYST, some_hit, some_terms
from tests.services import loopback
from tests.services.postgres import Postgres

P0 = Partition("reads", 0)


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """A database file with every table, one connection, and little patience."""
    migrate.upgrade(sqlite_url)
    database = Database(sqlite_url, Limits(connections=1, busy_s=0.05, pool_wait_s=0.2))
    yield database
    await database.dispose()


def _file(database: Database) -> str:
    return database.url.database or ""


def _sleep(connection: sa.Connection) -> None:
    connection.execute(sa.text("SELECT pg_sleep(60)"))


async def test_server_away() -> None:
    """A server that is not there is `Unavailable`, whatever is asked."""
    port = loopback.free_port()
    database = Database(f"postgresql+asyncpg://anpr:secret@127.0.0.1:{port}/anpr")
    for asking in (
        SqlRegisters(database).caller("anpr_x"),
        SqlHitStore(database, SystemClock()).record([], []),
        SqlWatchlistStore(database).snapshot(),
        revision.is_at_head(database),
    ):
        with pytest.raises(Unavailable) as away:
            await asking
        assert "secret" not in str(away.value)
    await database.dispose()


async def test_server_restart(own_postgres: Postgres) -> None:
    """While the server restarts calls are `Unavailable`; then they go on, and nothing was lost or doubled."""
    database = Database(own_postgres.url("anpr"), Limits(connections=4))
    hits, watchlist = SqlHitStore(database, SystemClock()), SqlWatchlistStore(database)
    entry = await watchlist.create("e1", some_terms(), ANALYST, START)
    epoch = (await hits.claim([P0]))[P0].owner_epoch
    refused = 0

    async def record(number: int) -> None:
        nonlocal refused
        while True:
            try:
                await hits.record([some_hit(entry, f"r{number}")], [Done(P0, epoch, number)])
                return
            except Unavailable:
                refused += 1
                await asyncio.sleep(0.05)

    async def restart() -> None:
        await record(1)
        await asyncio.to_thread(own_postgres.kill)
        with pytest.raises(Unavailable):
            await hits.bounds()
        await asyncio.to_thread(own_postgres.start)

    await asyncio.gather(restart(), *(record(number) for number in range(2, 60)))
    events = await hits.events(0, 100)
    assert [event.seq for event in events] == list(range(1, 60))
    assert len({event.hit_id for event in events}) == 59
    assert refused > 0
    await database.dispose()


async def test_slow_statement(postgres_url: str) -> None:
    """A statement that takes too long is stopped by the server, and is `Unavailable`."""
    database = Database(postgres_url, Limits(connections=1, statement_s=0.2))
    with pytest.raises(Unavailable):
        await database.write(_sleep)
    assert (await SqlHitStore(database, SystemClock()).bounds()).head_seq == 0
    await database.dispose()


async def test_no_connection_left(postgres_url: str) -> None:
    """Who gets no connection in time is told so, rather than kept waiting."""
    database = Database(postgres_url, Limits(connections=1, pool_wait_s=0.1, statement_s=1.0, stop_s=5.0))
    slow = asyncio.ensure_future(database.write(_sleep))
    held = asyncio.Event()
    asyncio.get_running_loop().call_soon(held.set)
    await held.wait()
    with pytest.raises(Unavailable, match="in use"):
        await SqlHitStore(database, SystemClock()).bounds()
    with pytest.raises(Unavailable):
        await slow
    await database.dispose()


async def test_locked_file(sqlite: Database) -> None:
    """A file that another program keeps locked is `Unavailable` until it lets go."""
    store = SqlWatchlistStore(sqlite)
    other = sqlite3.connect(_file(sqlite), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="SQLITE_BUSY"):
        await store.create("e1", some_terms(), ANALYST, START)
    assert await store.revision() == 0
    other.execute("ROLLBACK")
    other.close()
    await store.create("e1", some_terms(), ANALYST, START)
    assert await store.revision() == 1


async def test_full_disk(sqlite: Database) -> None:
    """When there is no room left the call is `Unavailable`, what is there stays whole, and it goes on
    once there is room."""
    store = SqlWatchlistStore(sqlite)
    await store.create("e1", some_terms(), ANALYST, START)
    await sqlite.read(lambda connection: connection.execute(sa.text("PRAGMA max_page_count = 1")))
    wanted = [(f"e{n}", some_terms()) for n in range(2, 2_000)]
    with pytest.raises(Unavailable, match="SQLITE_FULL"):
        await store.create_many(wanted, ANALYST, START, "list")
    assert await store.revision() == 1
    with sqlite3.connect(_file(sqlite)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    other.close()
    await sqlite.read(lambda connection: connection.execute(sa.text("PRAGMA max_page_count = 1000000")))
    await store.create_many(wanted, ANALYST, START, "list")
    assert await store.revision() == 1_999


async def test_settings_of_a_file(sqlite: Database) -> None:
    """SQLite waits for the disk at each commit, lets readers read meanwhile, and keeps references whole."""

    async def pragma(name: str) -> object:
        statement = sa.text(f"PRAGMA {name}")
        return await sqlite.read(lambda connection: connection.scalar(statement))

    assert await pragma("journal_mode") == "wal"
    assert await pragma("synchronous") == 2
    assert await pragma("foreign_keys") == 1
    assert await pragma("busy_timeout") == 50


async def test_nobody_else_reads_the_file(sqlite: Database) -> None:
    """The database's files can be read by their owner alone."""
    await SqlWatchlistStore(sqlite).create("e1", some_terms(), ANALYST, START)
    file = Path(_file(sqlite))
    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.glob(file.name + "*")}
    assert modes == {"anpr.db": 0o600, "anpr.db-wal": 0o600, "anpr.db-shm": 0o600}


async def test_dispose_lets_work_end(sqlite_url: str) -> None:
    """What a caller that left had begun is ended before the database is closed."""
    migrate.upgrade(sqlite_url)
    database = Database(sqlite_url)
    store = SqlWatchlistStore(database)
    creating = [asyncio.ensure_future(store.create(f"e{n}", some_terms(), ANALYST, START)) for n in range(10)]
    await asyncio.sleep(0)
    for creation in creating:
        creation.cancel()
    await database.dispose()
    await database.dispose()
    with sqlite3.connect(parsed(sqlite_url).database or "") as other:
        assert other.execute("SELECT count(*) FROM entry").fetchone() == (10,)
    other.close()


async def test_callers_that_leave(postgres_url: str) -> None:
    """Callers that leave at any moment leave no connection behind."""
    database = Database(postgres_url, Limits(connections=3))
    registers = SqlRegisters(database)
    new = await registers.create_token(Grant(Role.ANALYST, "herts", "desk"), "t-1", START)
    for turns in range(40):
        asking = [asyncio.ensure_future(registers.caller(new.token)) for _ in range(5)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for ask in asking:
            ask.cancel()
    found: list[Caller | None] = await asyncio.gather(*(registers.caller(new.token) for _ in range(20)))
    assert found == [new.caller] * 20
    await database.dispose()
    assert "Connections in pool: 0" in database.pool_status()
    assert "Checked out connections: 0" in database.pool_status()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://anpr:secret@h/d", "postgresql+psycopg://h/d"])
def test_addresses_that_are_none(url: str) -> None:
    """An address of another database, or of none, is refused at the start, without quoting it."""
    with pytest.raises(SetUp) as refused:
        Database(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:////tmp/a.db", "sqlite"),
        ("postgres://h/d", "postgresql+asyncpg"),
        ("postgresql://h/d", "postgresql+asyncpg"),
    ],
)
def test_addresses_without_driver(url: str, driver: str) -> None:
    """An address that leaves the driver out gets ours."""
    assert parsed(url).drivername == driver


async def test_folder_that_is_not_there(tmp_path: Path) -> None:
    """A file in a folder that is not there is `Unavailable`."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'anpr.db'}")
    with pytest.raises(Unavailable):
        await SqlRegisters(database).cameras()
    await database.dispose()
