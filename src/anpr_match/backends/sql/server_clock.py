"""What time it is for the database's server."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from anpr_match.backends.sql.engine import Database


async def now(database: Database) -> datetime | None:
    """None for SQLite, whose server is this process. Raises `Unavailable`."""
    if database.is_sqlite:
        return None

    async def ask(connection: AsyncConnection) -> datetime:
        told: datetime = (await connection.execute(sa.select(sa.func.clock_timestamp()))).scalar_one()
        return told.astimezone(UTC)

    return await database.read(ask)
