"""One suite for each port, and every backend through it.

stores    the stores of one process: in memory, on SQLite, on a real PostgreSQL server
another   makes the stores of another process on the same data
"""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.sql import migrate
from anpr_match.backends.sql.engine import Database
from tests.contract.stores import Stores, in_memory, in_sql

MakeStores = Callable[[], Stores]


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table, to be copied rather than made anew."""
    template = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{template}")
    return template


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str | None:
    """The address of a fresh database with every table; None for the memory."""
    if request.param == "memory":
        return None
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    url = request.getfixturevalue("sqlite_url")
    shutil.copy(request.getfixturevalue("_sqlite_template"), sqlalchemy.make_url(url).database or "")
    return url


@pytest.fixture
async def another(address: str | None) -> AsyncIterator[MakeStores]:
    """Makes the stores of another process; all of them share one wound clock."""
    made: list[Stores] = []
    ledger = Ledger()
    clock = WoundClock()

    def make() -> Stores:
        made.append(in_memory(ledger, clock) if address is None else in_sql(address, clock))
        return made[-1]

    yield make
    for stores in made:
        if isinstance(stores.beneath, Database):
            await stores.beneath.dispose()


@pytest.fixture
def stores(another: MakeStores) -> Stores:
    """The stores of this process."""
    return another()
