"""Tickets in memory."""

from datetime import datetime

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.domain.delivery import Ticket


class MemoryTickets:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def keep(self, digest: str, ticket: Ticket, at: datetime) -> None:
        await self._ledger.reach()
        for known, kept in list(self._ledger.tickets.items()):
            if kept.expires_at <= at:
                del self._ledger.tickets[known]
        self._ledger.tickets[digest] = ticket

    async def take(self, digest: str, at: datetime) -> Ticket | None:
        await self._ledger.reach()
        ticket = self._ledger.tickets.pop(digest, None)
        return ticket if ticket is not None and at < ticket.expires_at else None
