"""Followers in memory."""

from datetime import datetime

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.domain.errors import Fenced
from anpr_match.domain.event import Position


class MemoryFollowers:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def lead(self, follower: str, owner: str, until: datetime, now: datetime) -> bool:
        await self._ledger.reach()
        leader, leads_until = self._ledger.follower_leases.get(follower, (owner, now))
        if leader != owner and leads_until > now:
            return False
        self._ledger.follower_leases[follower] = owner, until
        return True

    async def place(self, follower: str) -> Position | None:
        await self._ledger.reach()
        return self._ledger.follower_places.get(follower)

    async def advance(self, follower: str, owner: str, position: Position) -> None:
        await self._ledger.reach()
        if self._ledger.follower_leases.get(follower, ("", None))[0] != owner:
            raise Fenced
        self._ledger.follower_places[follower] = position
