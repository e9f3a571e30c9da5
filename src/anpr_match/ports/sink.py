"""Where events go that leave the service for another program."""

from collections.abc import Sequence
from typing import Protocol

from anpr_match.domain.event import Event


class Sink(Protocol):
    """May be given an event again, with the same `epoch` and seq: whoever receives it tells it by these."""

    async def send(self, epoch: str, events: Sequence[Event]) -> None:
        """All of them are safe there when it returns. Raises `Unavailable` when the same may go through
        later, `NotTaken` when the receiver does not want the first of them that it does not have."""
        ...

    async def close(self) -> None:
        """Twice is once."""
        ...


class NotTaken(Exception):
    """The receiver answered that it does not want this event: `taken` of the events before it are safe."""

    def __init__(self, taken: int, detail: str) -> None:
        self.taken = taken
        self.detail = detail
        super().__init__(detail)
