"""The name of the event log. A position under another name is no position here."""

import secrets

import sqlalchemy as sa

from anpr_match.backends.sql import counters
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.tables import meta

_renew = sa.update(meta).where(meta.c.name == "log_epoch").values(value=sa.bindparam("epoch"))


async def renew(database: Database) -> str:
    """Give the log a name that it never had; returns it. Raises `Unavailable`."""
    epoch = secrets.token_hex(8)

    def write(connection: sa.Connection) -> None:
        # After whoever is recording now: what is announced from here on has the new name.
        counters.locked(connection, counters.EVENT)
        connection.execute(_renew, {"epoch": epoch})

    await database.write(write)
    return epoch
