"""Insert, or update what is there: the one statement that SQLAlchemy Core has only by database."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Condition = Callable[[Any, sa.Table], sa.ColumnElement[bool]]


def upsert(
    dialect: str, table: sa.Table, sets: tuple[str, ...], when: Condition | None = None
) -> postgresql.Insert | sqlite.Insert:
    """An insert into `table`; a row of the same key gets these columns instead, if `when` (of the new
    row and the table) holds."""
    if dialect == "postgresql":
        statement: Any = postgresql.insert(table)
    else:
        statement = sqlite.insert(table)
    given: postgresql.Insert | sqlite.Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in sets},
        where=when(statement.excluded, table) if when else None,
    )
    return given
