"""Tickets in SQL. Taking one deletes it: of several takers the database lets one."""

from datetime import datetime

import sqlalchemy as sa

from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.tables import feed_ticket
from anpr_match.domain.delivery import Ticket

_insert = sa.insert(feed_ticket)
_expired = sa.delete(feed_ticket).where(feed_ticket.c.expires_at <= sa.bindparam("at"))
_take = (
    sa.delete(feed_ticket)
    .where(feed_ticket.c.digest == sa.bindparam("of"))
    .returning(feed_ticket.c.token_id, feed_ticket.c.origin, feed_ticket.c.expires_at)
)


class SqlTickets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, digest: str, ticket: Ticket, at: datetime) -> None:
        def keep(connection: sa.Connection) -> None:
            connection.execute(_expired, {"at": at})
            row = {
                "digest": digest,
                "token_id": ticket.token_id,
                "origin": ticket.origin,
                "expires_at": ticket.expires_at,
            }
            connection.execute(_insert, row)

        await self._database.write(keep)

    async def take(self, digest: str, at: datetime) -> Ticket | None:
        def take(connection: sa.Connection) -> Ticket | None:
            row = connection.execute(_take, {"of": digest}).first()
            return Ticket(row.token_id, row.origin, row.expires_at) if row else None

        ticket = await self._database.write(take)
        return ticket if ticket is not None and at < ticket.expires_at else None
