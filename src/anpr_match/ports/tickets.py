"""Single-use tickets, for those who cannot send a header when they open a feed."""

from datetime import datetime
from typing import Protocol

from anpr_match.domain.delivery import Ticket


class Tickets(Protocol):
    """Tickets are known by their digest only. Each method raises `Unavailable` if the store is away."""

    async def keep(self, digest: str, ticket: Ticket, at: datetime) -> None:
        """Keep a new ticket, and forget those that have expired at `at`."""
        ...

    async def take(self, digest: str, at: datetime) -> Ticket | None:
        """The ticket, which is used up by this; None when there is none, it has expired, or it was used
        before. Of any number of takers, in whatever process, one gets it."""
        ...
