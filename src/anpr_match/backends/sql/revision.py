"""Which tables a database has: the question that every start asks, answered without Alembic."""

import sqlalchemy as sa

from anpr_match.backends.sql.engine import Database

HEAD = "0007"
"""The revision that this version needs: the newest of `migrations/versions`. A test holds them together."""

_current = sa.select(sa.column("version_num", sa.Text)).select_from(sa.table("alembic_version"))


async def is_at_head(database: Database) -> bool:
    """Whether the database has this version's tables. Raises `Unavailable`."""
    return await database.view(current) == HEAD


def current(connection: sa.Connection) -> str | None:
    """The database's revision; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_current).scalar()
