"""The database: SQLite or PostgreSQL, for work that does not know which.

Work is handed over as a function of a connection, and is always carried to its end: a caller that is
cancelled leaves at once, but its transaction goes on to commit or roll back. A task broken off in
the middle of a statement would throw a PostgreSQL connection away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from anpr_match.backends.sql.limits import Limits
from anpr_match.backends.sql.postgres import Postgres
from anpr_match.backends.sql.sqlite import Sqlite
from anpr_match.domain.errors import SetUp

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
"""Done all at once, on a connection that waits: where, is the database's affair. It must not touch what
belongs to the event loop."""

_DRIVERS = {
    "sqlite": "sqlite",
    # As earlier versions had it.
    "sqlite+aiosqlite": "sqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class Database:
    """One database, SQLite or PostgreSQL. To be used from one event loop; `dispose` ends it.

    Every method raises `Unavailable` when the database is away, full, or too slow.
    """

    def __init__(self, url: str, limits: Limits | None = None, *, migrating: bool = False) -> None:
        """`migrating` lifts what would stand in a migration's way: the limit on statements, and SQLite's
        foreign keys, which cannot be off within a transaction. Raises `SetUp`."""
        self._limits = limits or Limits()
        self.url = parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        kind = Sqlite if self.is_sqlite else Postgres
        self._kept: Sqlite | Postgres = kind(self.url, self._limits, migrating=migrating)
        self._running: set[asyncio.Future[Any]] = set()

    async def write(self, work: Work[T]) -> T:
        """Do `work` in one transaction: committed when it returns, rolled back when it raises."""
        return await self._to_the_end(self._kept.write(work))

    async def view(self, work: Work[T]) -> T:
        """Do `work`, which only reads, on one consistent view of the database."""
        return await self._to_the_end(self._kept.view(work))

    async def read(self, work: Work[T]) -> T:
        """Do `work`, one statement that only reads; cheaper than `view`."""
        return await self._to_the_end(self._kept.read(work))

    async def listener(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A PostgreSQL connection of its own, outside the pool. Raises `Unavailable`."""
        if isinstance(self._kept, Sqlite):
            raise TypeError("nobody rings over a SQLite file")
        return await self._kept.listener()

    def pool_status(self) -> str:
        """The connections to PostgreSQL, in the words of SQLAlchemy."""
        return "" if isinstance(self._kept, Sqlite) else self._kept.pool_status()

    async def dispose(self) -> None:
        """Let what is under way end, and close the connections. May be called twice."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._limits.stop_s)
        await self._kept.dispose()

    async def _to_the_end(self, doing: Awaitable[T]) -> T:
        task = asyncio.ensure_future(doing)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Marks the error as seen: its caller may have left.
            task.exception()


def parsed(url: str) -> sa.URL:
    """The address with the driver that is used. Raises `SetUp` without quoting the address, which may
    hold a password."""
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise SetUp("the database's address is not one") from None
    driver = _DRIVERS.get(address.drivername)
    if driver is None:
        raise SetUp(f"the database must be postgresql or sqlite, not {address.drivername}")
    return address.set(drivername=driver)
