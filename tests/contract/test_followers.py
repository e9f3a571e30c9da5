"""What every keeper of followers guarantees."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from anpr_match.domain.errors import Fenced
from anpr_match.domain.event import Position
from tests.contract.stores import Stores

LEASE = timedelta(seconds=30)


async def leads(stores: Stores, owner: str) -> bool:
    now = stores.clock.now()
    return await stores.followers.lead("kafka", owner, now + LEASE, now)


async def test_one_leads_at_a_time(stores: Stores, another: Callable[[], Stores]) -> None:
    """Whoever came first leads and stays the leader, until it was silent for longer than its lease."""
    other = another()
    assert await leads(stores, "one")
    assert not await leads(other, "two")
    stores.clock.wind(20)
    assert await leads(stores, "one")
    stores.clock.wind(20)
    assert not await leads(other, "two")
    stores.clock.wind(11)
    assert await leads(other, "two")
    assert not await leads(stores, "one")


async def test_a_place_is_kept_for_the_next_process(stores: Stores, another: Callable[[], Stores]) -> None:
    """How far a follower has come is known to every process; a new one has no place."""
    assert await leads(stores, "one")
    assert await stores.followers.place("kafka") is None
    await stores.followers.advance("kafka", "one", Position("e1", 7))
    assert await another().followers.place("kafka") == Position("e1", 7)
    assert await stores.followers.place("webhook") is None


async def test_who_no_longer_leads_moves_nothing(stores: Stores, another: Callable[[], Stores]) -> None:
    """A process that was replaced, or never led, cannot move the place."""
    with pytest.raises(Fenced):
        await stores.followers.advance("kafka", "nobody", Position("e1", 1))
    assert await leads(stores, "one")
    await stores.followers.advance("kafka", "one", Position("e1", 7))
    stores.clock.wind(31)
    assert await leads(another(), "two")
    with pytest.raises(Fenced):
        await stores.followers.advance("kafka", "one", Position("e1", 9))
    assert await stores.followers.place("kafka") == Position("e1", 7)
