"""Programs outside that follow the event log, each with its place in it, and one process that tells it."""

from datetime import datetime
from typing import Protocol

from anpr_match.domain.event import Position


class Followers(Protocol):
    """Each method raises `Unavailable` if the store is away."""

    async def lead(self, follower: str, owner: str, until: datetime, now: datetime) -> bool:
        """Become, or stay, the one who tells this follower until then. False while another is, whose time
        has not run out: of any number of processes one leads."""
        ...

    async def place(self, follower: str) -> Position | None:
        """The last event that the follower has; None when it has none yet."""
        ...

    async def advance(self, follower: str, owner: str, position: Position) -> None:
        """The follower has everything up to there. Raises `Fenced` when another leads by now."""
        ...
