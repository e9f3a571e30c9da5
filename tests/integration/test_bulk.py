"""Rows that are inserted in bulk are those that SQLAlchemy would have written."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from anpr_match.backends.sql import bulk, migrate
from anpr_match.backends.sql.among import among
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.tables import audit, meta

TIMES = [
    datetime(2026, 1, 5, 12, 0, tzinfo=UTC),
    datetime(2026, 7, 1, 0, 30, 0, 7, tzinfo=timezone(timedelta(hours=1))),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def rows(first: int) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "at": at,
            "kind": "erasure",
            "by": "a\0b",
            "force": None if number % 2 else "herts",
            "action": "ünïcode",
            "subject": "'; DROP TABLE audit; --",
            "reason": "",
            "digest": "d",
        }
        for number, at in enumerate(TIMES, first)
    ]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a database with every table."""
    if request.param == "postgresql":
        found: str = request.getfixturevalue("postgres_url")
        return found
    found = request.getfixturevalue("sqlite_url")
    migrate.upgrade(found)
    return found


async def test_bulk_writes_what_sqlalchemy_writes(url: str) -> None:
    """Times, texts with odd characters, and absent values come to lie the same way, cell for cell."""
    database = Database(url)

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.insert(audit), rows(1))
        bulk.insert(connection, audit, rows(1 + len(TIMES)))
        bulk.insert(connection, audit, [])

    def stored(connection: sa.Connection) -> list[tuple[Any, ...]]:
        # As it is stored, past the types of the table.
        return [tuple(row)[1:] for row in connection.execute(sa.text("SELECT * FROM audit ORDER BY number"))]

    await database.write(write)
    found = await database.view(stored)
    assert len(found) == 2 * len(TIMES)
    assert found[: len(TIMES)] == found[len(TIMES) :]
    await database.dispose()


async def test_bulk_updates_the_rows_of_these_keys(url: str) -> None:
    """Each row gets its own values, the others stay; odd characters are stored as everywhere, and found."""
    database = Database(url)

    def write(connection: sa.Connection) -> None:
        bulk.insert(connection, meta, [{"name": f"n{n}", "value": "old"} for n in range(3)])
        bulk.update(
            connection, meta, ["name"], [{"value": "a\0b", "name": "n0"}, {"value": "'; --", "name": "n2"}]
        )
        bulk.update(connection, meta, ["name"], [])

    def stored(connection: sa.Connection, values: list[str]) -> list[str]:
        wanted = sa.select(meta.c.name).where(among(meta.c.value, "values")).order_by(meta.c.name)
        return [str(name) for name in connection.execute(wanted, {"values": values}).scalars()]

    await database.write(write)
    assert await database.view(lambda connection: stored(connection, ["a\0b", "'; --"])) == ["n0", "n2"]
    assert await database.view(lambda connection: stored(connection, ["old"])) == ["n1"]
    assert await database.view(lambda connection: stored(connection, [])) == []
    with pytest.raises(ValueError, match="last"):
        await database.write(lambda c: bulk.update(c, meta, ["name"], [{"name": "n0", "value": "v"}]))
    await database.dispose()
