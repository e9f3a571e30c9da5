"""SQLite: threads, each of which does a whole transaction.

So the event loop waits once for all of it, and not once for each statement: on its way between loop and
thread a statement would wait for Python's lock several times, and each time for longer than it takes.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from anpr_match.backends.sql import failures
from anpr_match.backends.sql.limits import Limits
from anpr_match.domain.errors import Unavailable

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

_BEGIN = "anpr_begin"


class Sqlite:
    """One file. `migrating` lets go of foreign keys, which cannot be off within a transaction."""

    def __init__(self, url: sa.URL, limits: Limits, *, migrating: bool) -> None:
        self._wait_s = limits.pool_wait_s
        self._engine = _engine(url, limits, migrating)
        # A writer that began as a reader fails when another wrote in between, whatever the timeout;
        # BEGIN IMMEDIATE makes it wait at the start instead.
        self._writing = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._viewing = self._engine.execution_options(**{_BEGIN: "BEGIN"})
        self._threads = ThreadPoolExecutor(limits.connections, thread_name_prefix="sqlite")
        self._free = asyncio.Semaphore(limits.connections)
        # SQLite has one writer. Waiting here is fair and wakes at once; waiting in SQLite polls.
        self._writer = asyncio.Lock()

    async def write(self, work: Work[T]) -> T:
        async with self._writer:
            return await self._in_thread(_committed, self._writing, work)

    async def view(self, work: Work[T]) -> T:
        return await self._in_thread(_looked, self._viewing, work)

    async def read(self, work: Work[T]) -> T:
        return await self._in_thread(_looked, self._engine, work)

    async def dispose(self) -> None:
        self._engine.dispose()
        self._threads.shutdown(wait=False)

    async def _in_thread(self, do: Callable[[sa.Engine, Work[T]], T], engine: sa.Engine, work: Work[T]) -> T:
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(failures.NO_CONNECTION_LEFT) from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, do, engine, work)
        finally:
            self._free.release()


def _committed(engine: sa.Engine, work: Work[T]) -> T:
    with failures.mapped(), engine.begin() as connection:
        return work(connection)


def _looked(engine: sa.Engine, work: Work[T]) -> T:
    with failures.mapped(), engine.connect() as connection:
        return work(connection)


def _engine(url: sa.URL, limits: Limits, migrating: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        # An unexpected error's text would quote plates and digests of tokens.
        hide_parameters=True,
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.pool_wait_s,
        # The connection used last has its pages and statements at hand.
        pool_use_lifo=True,
        connect_args={"timeout": limits.busy_s},
    )

    @sa.event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        _keep_private(Path(url.database or ""))
        # The driver must not begin transactions of its own: `begun` does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {'OFF' if migrating else 'ON'}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        if statement := connection.get_execution_options().get(_BEGIN):
            connection.exec_driver_sql(statement)

    return engine


def _keep_private(file: Path) -> None:
    """Nobody else on the machine may read the file; SQLite gives its log the same rights. Who uses the
    file without owning it was let in by its owner."""
    with contextlib.suppress(PermissionError, FileNotFoundError):
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
