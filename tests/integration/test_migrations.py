"""One history of migrations brings both databases to the tables that the code knows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.sql import epoch, migrate, revision
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.backends.sql.tables import metadata
from tests.services.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)
    yield server.create(name)
    server.drop(name)


async def test_upgrade_from_empty(empty: str) -> None:
    """An empty database is brought to the newest revision, also where an event loop runs."""
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == revision.HEAD
    migrate.upgrade(empty)
    assert migrate.current(empty) == revision.HEAD


async def test_is_at_head(empty: str) -> None:
    """A database is at head after the upgrade and not before."""
    database = Database(empty)
    assert not await revision.is_at_head(database)
    migrate.upgrade(empty)
    assert await revision.is_at_head(database)
    await database.dispose()


async def test_tables_are_those_of_the_code(empty: str) -> None:
    """The migrations leave exactly the tables that the code describes."""
    migrate.upgrade(empty)
    database = Database(empty)

    assert await database.view(_differences) == []
    await database.dispose()


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found: list[object] = compare_metadata(context, metadata)
    return found


async def test_two_upgrades_at_once(empty: str) -> None:
    """Two processes that upgrade at once do so in turn."""
    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(migrate.upgrade, empty) for _ in range(3)]:
            done.result(timeout=60)
    assert migrate.current(empty) == revision.HEAD


async def test_an_upgrade_that_fails(empty: str) -> None:
    """An upgrade that breaks off leaves the database as it was."""

    def break_off(connection: sa.Connection) -> None:
        migrate._run(connection)
        raise RuntimeError("power cut")

    database = Database(empty, migrating=True)
    with pytest.raises(RuntimeError, match="power cut"):
        await database.write(break_off)
    await database.dispose()
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == revision.HEAD


async def test_epochs_differ(empty: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each database names its event log differently, so that no position is taken for another's."""
    other = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('other') / 'other.db'}"
    epochs = [await _epoch(url) for url in (empty, other)]
    assert epochs[0] != epochs[1]


async def _epoch(url: str) -> str:
    migrate.upgrade(url)
    database = Database(url)

    def named(connection: sa.Connection) -> str:
        return str(connection.execute(sa.text("SELECT value FROM meta")).scalar_one())

    found = await database.read(named)
    await database.dispose()
    return found


async def test_a_log_put_back_gets_a_new_name(empty: str) -> None:
    """After a restore the event log is named anew, and everything else stays as it was."""
    before = await _epoch(empty)
    database = Database(empty)
    renewed = await epoch.renew(database)
    assert renewed != before
    assert await _epoch(empty) == renewed
    bounds = await SqlHitStore(database, SystemClock()).bounds()
    assert (bounds.epoch, bounds.head_seq) == (renewed, 0)
    await database.dispose()
