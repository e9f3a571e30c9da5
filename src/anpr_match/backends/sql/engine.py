"""The database: connections, transactions and errors. Where the two databases differ, it is here.

Work is handed over as a function of a connection, and is always carried to its end: a caller that is
cancelled leaves at once, but its transaction goes on to commit or roll back. A task broken off in
the middle of a statement leaves SQLite's thread behind and throws a PostgreSQL connection away.
"""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from anpr_match.domain.errors import SetUp, Unavailable, Unwritable

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_AWAY_SQLSTATES = ("08", "53", "57", "58", "40", "25P", "25006")
_DATA_SQLSTATES = ("22", "23")
_DATA_SQLITE = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")
_AWAY_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_BEGIN = "anpr_begin"


@dataclass(frozen=True, slots=True)
class Limits:
    """`statement_s` and `idle_in_transaction_s` are kept by PostgreSQL itself; `answer_s` is how much
    longer than a statement may take its answer is waited for; `busy_s` is how long SQLite waits for
    another process's write to end."""

    connections: int = 8
    connect_s: float = 3.0
    pool_wait_s: float = 5.0
    statement_s: float = 10.0
    idle_in_transaction_s: float = 10.0
    answer_s: float = 5.0
    busy_s: float = 5.0
    stop_s: float = 10.0


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
        self._engine = self._sqlite(migrating) if self.is_sqlite else self._postgres(migrating)
        # SQLite has one writer. Waiting here is fair and wakes at once; waiting in SQLite polls.
        self._writer: contextlib.AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self.is_sqlite else contextlib.nullcontext()
        )
        self._running: set[asyncio.Future[Any]] = set()

    async def write(self, work: Work[T]) -> T:
        """Do `work` in one transaction: committed when it returns, rolled back when it raises."""
        return await self._to_the_end(self._write(work))

    async def view(self, work: Work[T]) -> T:
        """Do `work`, which only reads, on one consistent view of the database."""
        options = {_BEGIN: "BEGIN", "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return await self._to_the_end(self._read(work, options))

    async def read(self, work: Work[T]) -> T:
        """Do `work`, one statement that only reads; cheaper than `view`."""
        return await self._to_the_end(self._read(work, {"isolation_level": "AUTOCOMMIT"}))

    async def dispose(self) -> None:
        """Let what is under way end, and close the connections. May be called twice."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._limits.stop_s)
        await self._engine.dispose()

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

    async def _write(self, work: Work[T]) -> T:
        writing = self._connection({_BEGIN: "BEGIN IMMEDIATE"})
        async with self._writer, writing as connection, connection.begin():
            return await work(connection)

    async def _read(self, work: Work[T], options: dict[str, Any]) -> T:
        if self.is_sqlite:
            options = {_BEGIN: options.get(_BEGIN)}
        async with self._connection(options) as connection:
            return await work(connection)

    @contextlib.asynccontextmanager
    async def _connection(self, options: dict[str, Any]) -> AsyncIterator[AsyncConnection]:
        with errors_mapped():
            async with self._engine.connect() as connection:
                yield await connection.execution_options(**options)

    def _sqlite(self, migrating: bool) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            # An unexpected error's text would quote plates and digests of tokens.
            hide_parameters=True,
            pool_size=self._limits.connections,
            max_overflow=0,
            pool_timeout=self._limits.pool_wait_s,
            connect_args={"timeout": self._limits.busy_s},
        )

        @sa.event.listens_for(engine.sync_engine, "connect")
        def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
            _keep_private(Path(self.url.database or ""))
            # The driver must not begin transactions of its own: `begun` does.
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA foreign_keys = {'OFF' if migrating else 'ON'}")
            cursor.close()

        @sa.event.listens_for(engine.sync_engine, "begin")
        def begun(connection: sa.Connection) -> None:
            # A writer that began as a reader fails when another wrote in between, whatever the timeout;
            # BEGIN IMMEDIATE makes it wait at the start instead.
            if statement := connection.get_execution_options().get(_BEGIN):
                connection.exec_driver_sql(statement)

        return engine

    def _postgres(self, migrating: bool) -> AsyncEngine:
        statement_ms = 0 if migrating else int(self._limits.statement_s * 1000)
        idle_ms = 0 if migrating else int(self._limits.idle_in_transaction_s * 1000)
        return create_async_engine(
            self.url,
            # An unexpected error's text would quote plates and digests of tokens.
            hide_parameters=True,
            pool_size=self._limits.connections,
            max_overflow=0,
            pool_timeout=self._limits.pool_wait_s,
            pool_pre_ping=True,
            connect_args={
                "timeout": self._limits.connect_s,
                # PostgreSQL's own limit comes first; this one is for an answer that cannot come, since
                # the line was cut without a word.
                "command_timeout": None if migrating else self._limits.statement_s + self._limits.answer_s,
                "server_settings": {
                    "application_name": "anpr-match",
                    "statement_timeout": str(statement_ms),
                    "idle_in_transaction_session_timeout": str(idle_ms),
                    "jit": "off",
                },
            },
        )

    async def listener(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A PostgreSQL connection of its own, outside the pool. Raises `Unavailable`."""
        _, arguments = self._engine.dialect.create_connect_args(self.url)
        # The other arguments are meant for SQLAlchemy.
        known = inspect.signature(asyncpg.connect).parameters
        with errors_mapped():
            return await asyncpg.connect(
                **{name: value for name, value in arguments.items() if name in known},
                timeout=self._limits.connect_s,
                command_timeout=self._limits.statement_s,
                server_settings={"application_name": "anpr-match wake-up"},
            )


def _keep_private(file: Path) -> None:
    """Nobody else on the machine may read the file; SQLite gives its log the same rights. Who uses the
    file without owning it was let in by its owner."""
    with contextlib.suppress(PermissionError, FileNotFoundError):
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)


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


@contextlib.contextmanager
def errors_mapped() -> Iterator[None]:
    """Turns a database that is away into `Unavailable`; errors of ours go through unchanged."""
    try:
        yield
    except PoolTimeout:
        raise Unavailable("every connection to the database is in use") from None
    except DBAPIError as error:
        if is_away(error):
            raise Unavailable(f"the database is away: {_name(error)}") from None
        if is_about_data(error):
            raise Unwritable(f"the database refuses what is written: {_name(error)}") from None
        raise
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Raised as they are while connecting.
        raise Unavailable(f"the database is away: {type(error).__name__}") from None


def is_away(error: DBAPIError) -> bool:
    """Whether the same call may go through later."""
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return str(state).startswith(_AWAY_SQLSTATES)
    name = getattr(error.orig, "sqlite_errorname", None)
    if name:
        return str(name).startswith(_AWAY_SQLITE)
    return error.connection_invalidated or isinstance(error, InterfaceError)


def is_about_data(error: DBAPIError) -> bool:
    """Whether the values are at fault: they do not fit, or break a constraint."""
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return str(state).startswith(_DATA_SQLSTATES)
    name = getattr(error.orig, "sqlite_errorname", None)
    if name:
        return str(name).startswith(_DATA_SQLITE)
    # A value that the driver itself cannot send.
    return isinstance(error, DataError)


def _name(error: DBAPIError) -> str:
    """What went wrong, without the statement's parameters."""
    for attribute in ("sqlite_errorname", "sqlstate"):
        if name := getattr(error.orig, attribute, None):
            return str(name)
    return type(error.orig).__name__
