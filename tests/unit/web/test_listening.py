"""One who listens, whatever carries the feed."""

import asyncio
from typing import Any

import pytest

from anpr_match.pipeline.sessions import Session, Sessions, Why
from anpr_match.web.listening import Ended, Listening
from tests.unit.web.front_door import FrontDoor


async def listening(door: FrontDoor, who: str = "patrol") -> Listening:
    caller = await door.services.callers.caller(door.tokens[who])
    assert caller is not None
    return Listening(door.services, caller, None)


async def test_a_feed_that_is_over_may_be_asked_to_end(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking a feed to end is harmless at any time: before it closes it ends, afterwards nothing happens."""
    opened: list[Session] = []
    really_open = Sessions.open

    def note(self: Any, session: Session) -> None:
        opened.append(session)
        really_open(self, session)

    monkeypatch.setattr(Sessions, "open", note)
    async with (await listening(door)).open():
        pass
    opened[0].end(Why.NOT_ALLOWED)

    async def ended() -> None:
        async with (await listening(door)).open():
            opened[1].end(Why.NOT_ALLOWED)
            await asyncio.Event().wait()

    with pytest.raises(Ended):
        await ended()
    opened[1].end(Why.NOT_ALLOWED)
