"""Bringing a database to the tables that this version needs, and telling whether it is there.

One Alembic history serves both databases. Each upgrade is one transaction, also on SQLite: a process
that dies in the middle leaves the database as it was. Two that upgrade at once do so in turn.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from anpr_match.backends.sql import revision
from anpr_match.backends.sql.engine import Database

T = TypeVar("T")

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_263_051_119
"""Any number that nobody else uses for an advisory lock in the same database."""


def upgrade(url: str) -> None:
    """Bring the database to this version's tables. Raises `SetUp`, `Unavailable`.

    May be called where an event loop runs; it blocks all the same.
    """
    _in_own_loop(lambda: _upgrade(url))


def current(url: str) -> str | None:
    """The database's revision; None for an empty one. As `upgrade` for the rest."""
    return _in_own_loop(lambda: _current(url))


def head() -> str | None:
    """The newest migration there is."""
    return ScriptDirectory(str(_FOLDER)).get_current_head()


async def _current(url: str) -> str | None:
    database = Database(url, migrating=True)
    try:
        return await database.view(revision.current)
    finally:
        await database.dispose()


async def _upgrade(url: str) -> None:
    database = Database(url, migrating=True)
    try:
        await database.write(_run)
    finally:
        await database.dispose()


def _run(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    _alembic(connection)


def _alembic(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _in_own_loop(doing: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with ThreadPoolExecutor(1, thread_name_prefix="migrate") as thread:
        return thread.submit(lambda: asyncio.run(doing())).result()
