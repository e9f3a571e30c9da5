"""PostgreSQL at the end of a line that falls silent."""

import pytest
import sqlalchemy as sa

from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.limits import Limits
from anpr_match.domain.errors import Unavailable
from tests.services.link import Link


def _ask(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("SELECT 7")).scalar_one())


def _write(connection: sa.Connection) -> None:
    connection.execute(sa.text("INSERT INTO meta (name, value) VALUES ('line', 'open')"))


async def test_a_silent_line_is_given_up(postgres_url: str) -> None:
    """An answer that cannot come is not waited for without end, reading or writing; when the line speaks
    again, so does the database."""
    url = sa.make_url(postgres_url)
    with Link(url.port or 5432) as link:
        limits = Limits(connections=2, connect_s=2, pool_wait_s=2, statement_s=1, answer_s=1)
        through = url.set(port=link.port, host="127.0.0.1").render_as_string(hide_password=False)
        database = Database(through, limits)
        try:
            assert await database.read(_ask) == 7
            link.stall()
            for work in (database.read(_ask), database.write(_write), database.view(_ask)):
                with pytest.raises(Unavailable):
                    await work
            link.flow()
            link.reset()
            assert await database.read(_ask) == 7
            await database.write(_write)
        finally:
            await database.dispose()
