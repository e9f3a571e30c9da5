"""Writing many rows.

Nearly all of the time of an import, and of a batch with many hits, goes into binding values one by one in
SQLAlchemy. Here they are handed to the driver as SQLAlchemy would have bound them, column by column: SQLite
takes rows of them, PostgreSQL one array for each column, which it turns into rows by itself.
"""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from anpr_match.backends.sql.tables import Characters, Instant, storable

Row = dict[str, Any]


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns. Raises what an insert raises."""
    if rows:
        _run(connection, _insertion(table, tuple(rows[0]), connection.dialect.name), table, rows)


def update(connection: sa.Connection, table: sa.Table, keys: Sequence[str], rows: Sequence[Row]) -> None:
    """Set the other columns of the rows with these `keys`, which all rows have last."""
    if rows:
        names = tuple(rows[0])
        sets = len(names) - len(keys)
        if names[sets:] != tuple(keys):
            raise ValueError("the keys come last")
        _run(connection, _alteration(table, names, sets, connection.dialect.name), table, rows)


def _run(connection: sa.Connection, statement: str, table: sa.Table, rows: Sequence[Row]) -> None:
    columns = [table.c[name] for name in rows[0]]
    if connection.dialect.name == "sqlite":
        told = (_told(column, rows) for column in columns)
        connection.exec_driver_sql(statement, list(zip(*told, strict=True)))
    else:
        connection.exec_driver_sql(statement, tuple(_values(column, rows) for column in columns))


@functools.lru_cache(maxsize=64)
def _insertion(table: sa.Table, names: tuple[str, ...], kind: str) -> str:
    into = f'INSERT INTO "{table.name}" ({_listed(names)})'
    if kind == "sqlite":
        return f"{into} VALUES ({', '.join('?' for _ in names)})"
    return f"{into} SELECT * FROM {_arrays(table, names)}"  # noqa: S608 names of our own tables


@functools.lru_cache(maxsize=64)
def _alteration(table: sa.Table, names: tuple[str, ...], sets: int, kind: str) -> str:
    """An update that sets the first `sets` of these columns where the others have their values."""
    if kind == "sqlite":
        equals = [f'"{name}" = ?' for name in names]
        return f'UPDATE "{table.name}" SET {", ".join(equals[:sets])} WHERE {" AND ".join(equals[sets:])}'  # noqa: S608 as above
    new = [f'"{name}" = new."{name}"' for name in names[:sets]]
    same = [f'old."{name}" = new."{name}"' for name in names[sets:]]
    rows = f"{_arrays(table, names)} AS new ({_listed(names)})"
    return f'UPDATE "{table.name}" AS old SET {", ".join(new)} FROM {rows} WHERE {" AND ".join(same)}'  # noqa: S608 as above


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _arrays(table: sa.Table, names: Sequence[str]) -> str:
    """Rows out of one array for each column, in PostgreSQL."""
    dialect: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy tells no type
    kinds = (table.c[name].type.compile(dialect) for name in names)
    return f"unnest({', '.join(f'${place}::{kind}[]' for place, kind in enumerate(kinds, 1))})"


def _values(column: sa.Column[Any], rows: Sequence[Row]) -> list[Any]:
    values = [row[column.name] for row in rows]
    if isinstance(column.type, Characters):
        return [storable(value) for value in values]
    return values


def _told(column: sa.Column[Any], rows: Sequence[Row]) -> list[Any]:
    """The values of one column as SQLite stores them."""
    values = _values(column, rows)
    if isinstance(column.type, Instant):
        # The rows of one import share their times.
        told = {value: _as_text(value) for value in set(values)}
        return [told[value] for value in values]
    return values


def _as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
