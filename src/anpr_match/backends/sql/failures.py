"""What the errors of both databases mean to a caller: it is away, it refuses what is written, or a bug."""

import contextlib
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from anpr_match.domain.errors import Unavailable, Unwritable

NO_CONNECTION_LEFT = "every connection to the database is in use"

_AWAY_SQLSTATES = ("08", "53", "57", "58", "40", "25P", "25006")
_DATA_SQLSTATES = ("22", "23")
_DATA_SQLITE = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")
_FULL = ("53100", "SQLITE_FULL")
_AWAY_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")


@contextlib.contextmanager
def mapped() -> Iterator[None]:
    """Turns a database that is away into `Unavailable`; errors of ours go through unchanged."""
    try:
        yield
    except PoolTimeout:
        raise Unavailable(NO_CONNECTION_LEFT) from None
    except DBAPIError as error:
        if is_away(error):
            what = "the disk of the database is full" if is_full(error) else "the database is away"
            raise Unavailable(f"{what}: {_name(error)}") from None
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


def is_full(error: DBAPIError) -> bool:
    """Whether there is no room left on its disk."""
    return _name(error) in _FULL


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
