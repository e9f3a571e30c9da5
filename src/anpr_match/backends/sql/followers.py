"""Followers in SQL. Leading is one conditional update: of several that try, the database lets one."""

from datetime import datetime

import sqlalchemy as sa

from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.tables import follower as table
from anpr_match.backends.sql.upsert import upsert
from anpr_match.domain.errors import Fenced
from anpr_match.domain.event import Position

_place = sa.select(table.c.epoch, table.c.seq).where(
    table.c.name == sa.bindparam("of"), table.c.epoch.is_not(None)
)
_advance = (
    sa.update(table)
    .where(table.c.name == sa.bindparam("of"), table.c.owner == sa.bindparam("by"))
    .values(epoch=sa.bindparam("to_epoch"), seq=sa.bindparam("to_seq"))
)


class SqlFollowers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def lead(self, follower: str, owner: str, until: datetime, now: datetime) -> bool:
        row = {"name": follower, "owner": owner, "leads_until": until}

        def lead(connection: sa.Connection) -> bool:
            mine_or_over = sa.or_(table.c.owner == owner, table.c.leads_until <= now)
            statement = upsert(
                connection.dialect.name, table, ("owner", "leads_until"), lambda _new, _table: mine_or_over
            )
            connection.execute(statement, row)
            leader = sa.select(table.c.owner).where(table.c.name == follower)
            return connection.execute(leader).scalar() == owner

        return await self._database.write(lead)

    async def place(self, follower: str) -> Position | None:
        def place(connection: sa.Connection) -> Position | None:
            row = connection.execute(_place, {"of": follower}).first()
            return Position(row.epoch, row.seq) if row else None

        return await self._database.read(place)

    async def advance(self, follower: str, owner: str, position: Position) -> None:
        def advance(connection: sa.Connection) -> None:
            values = {"of": follower, "by": owner, "to_epoch": position.epoch, "to_seq": position.seq}
            if connection.execute(_advance, values).rowcount == 0:
                raise Fenced

        await self._database.write(advance)
