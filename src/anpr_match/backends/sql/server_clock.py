"""What time it is for the database's server."""

from datetime import UTC, datetime

import sqlalchemy as sa

from anpr_match.backends.sql.engine import Database


async def now(database: Database) -> datetime | None:
    """None for SQLite, whose server is this process. Raises `Unavailable`."""
    if database.is_sqlite:
        return None

    def ask(connection: sa.Connection) -> datetime:
        told: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return told.astimezone(UTC)

    return await database.read(ask)
