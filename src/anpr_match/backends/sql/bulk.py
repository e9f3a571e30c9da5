"""Inserting many rows.

SQLite has one writer, so every other waits while an import is written. Nearly all of its time goes into
binding values one by one in SQLAlchemy; there the rows are handed to the driver as SQLAlchemy would have
bound them, which takes a third of the time. PostgreSQL keeps nobody waiting, and is left alone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql.tables import Characters, Instant

Row = dict[str, Any]


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns. Raises what an insert raises."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(sa.insert(table), list(rows))
        return
    names = list(rows[0])
    marks = ", ".join("?" for _ in names)
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608 names of our own tables
    bound = zip(*(_bound(table.c[name], rows) for name in names), strict=True)
    connection.exec_driver_sql(statement, list(bound))


def _bound(column: sa.Column[Any], rows: Sequence[Row]) -> list[Any]:
    """The values of one column as SQLite stores them."""
    values = [row[column.name] for row in rows]
    if isinstance(column.type, Characters):
        return [value.replace("\0", "\u2400") if value and "\0" in value else value for value in values]
    if isinstance(column.type, Instant):
        # The rows of one import share their times.
        told = {value: _told(value) for value in set(values)}
        return [told[value] for value in values]
    return values


def _told(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
