"""One who listens, whatever carries the feed."""

import asyncio
from typing import Any

import pytest

from anpr_match.domain.errors import Full
from anpr_match.pipeline.sessions import Limits as SessionLimits
from anpr_match.pipeline.sessions import Session, Sessions, Why
from anpr_match.web.listening import Ended, Listening
from tests.unit.web.front_door import FrontDoor, opened


async def listening(door: FrontDoor, who: str = "patrol") -> Listening:
    caller = await door.services.callers.caller(door.tokens[who])
    assert caller is not None
    return Listening(door.services, caller, None)


async def test_a_feed_that_is_over_may_be_asked_to_end(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking a feed to end is harmless at any time: before it closes it ends, afterwards nothing happens."""
    made: list[Session] = []
    really_open = Sessions.open

    def note(self: Any, session: Session) -> None:
        made.append(session)
        really_open(self, session)

    monkeypatch.setattr(Sessions, "open", note)
    async with (await listening(door)).open():
        pass
    made[0].end(Why.NOT_ALLOWED)

    async def ended() -> None:
        async with (await listening(door)).open():
            made[1].end(Why.NOT_ALLOWED)
            await asyncio.Event().wait()

    with pytest.raises(Ended):
        await ended()
    made[1].end(Why.NOT_ALLOWED)


async def test_who_finds_no_room_takes_no_device() -> None:
    """A newcomer that is refused leaves the device to the feed that has it, and is not put on record."""
    async with opened(session_limits=SessionLimits(feeds_per_token_max=1)) as door:
        first = await listening(door)
        await first.begin(None, "tablet")
        (device,) = door.ledger.sessions
        had, audited = door.ledger.sessions[device], len(door.audited())
        async with first.open():
            with pytest.raises(Full):
                await (await listening(door)).begin(None, "tablet")
        assert (door.ledger.sessions[device], len(door.audited())) == (had, audited)
