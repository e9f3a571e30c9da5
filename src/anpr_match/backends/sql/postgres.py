"""PostgreSQL: a pool of connections on the event loop."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from anpr_match.backends.sql import failures
from anpr_match.backends.sql.limits import Limits

T = TypeVar("T")
Work = Callable[[sa.Connection], T]


class Postgres:
    """One database of a server. `migrating` lifts the limit on statements."""

    def __init__(self, url: sa.URL, limits: Limits, *, migrating: bool) -> None:
        self._url = url
        self._limits = limits
        self._engine = _engine(url, limits, migrating)
        self._viewing = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def write(self, work: Work[T]) -> T:
        with failures.mapped():
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def view(self, work: Work[T]) -> T:
        return await self._look(self._viewing, work)

    async def read(self, work: Work[T]) -> T:
        return await self._look(self._reading, work)

    async def dispose(self) -> None:
        await self._engine.dispose()

    async def _look(self, engine: AsyncEngine, work: Work[T]) -> T:
        with failures.mapped():
            async with engine.connect() as connection:
                return await connection.run_sync(work)

    def pool_status(self) -> str:
        """The connections, in the words of SQLAlchemy."""
        return self._engine.pool.status()

    async def listener(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection of its own, outside the pool. Raises `Unavailable`."""
        _, arguments = self._engine.dialect.create_connect_args(self._url)
        # The other arguments are meant for SQLAlchemy.
        known = inspect.signature(asyncpg.connect).parameters
        with failures.mapped():
            return await asyncpg.connect(
                **{name: value for name, value in arguments.items() if name in known},
                timeout=self._limits.connect_s,
                command_timeout=self._limits.statement_s,
                server_settings={"application_name": "anpr-match wake-up"},
            )


def _engine(url: sa.URL, limits: Limits, migrating: bool) -> AsyncEngine:
    statement_ms = 0 if migrating else int(limits.statement_s * 1000)
    idle_ms = 0 if migrating else int(limits.idle_in_transaction_s * 1000)
    engine = create_async_engine(
        url,
        # An unexpected error's text would quote plates and digests of tokens.
        hide_parameters=True,
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.pool_wait_s,
        # The connection used last has its statements prepared.
        pool_use_lifo=True,
        connect_args={
            "timeout": limits.connect_s,
            # PostgreSQL's own limit comes first; this one is for an answer that cannot come, since
            # the line was cut without a word.
            "command_timeout": None if migrating else limits.statement_s + limits.answer_s,
            "server_settings": {
                "application_name": "anpr-match",
                "statement_timeout": str(statement_ms),
                "idle_in_transaction_session_timeout": str(idle_ms),
                "jit": "off",
            },
        },
    )
    sa.event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def _still_open(
    _connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """A connection that a server hung up, as one that restarts does, is made anew before it is used. To ask
    the server each time, as SQLAlchemy's pool can, takes three ways there and back."""
    driver: Any = entry.driver_connection
    if driver is not None and driver.is_closed():
        raise DisconnectionError("the server hung up")
