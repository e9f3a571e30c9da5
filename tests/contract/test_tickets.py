"""What every keeper of tickets guarantees."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from anpr_match.backends.memory.clock import START
from anpr_match.domain.caller import Grant, Role
from anpr_match.domain.delivery import Ticket
from tests.contract.stores import Stores

SOON = START + timedelta(seconds=45)


async def a_ticket(stores: Stores, origin: str | None = None) -> Ticket:
    new = await stores.registers.create_token(Grant(Role.PATROL, "herts", "car"), "t-1", START)
    return Ticket(new.caller.token_id, origin, SOON)


async def test_a_ticket_is_good_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """A ticket that one process kept is taken once, in any process."""
    ticket = await a_ticket(stores, "https://example.org")
    await stores.tickets.keep("digest", ticket, START)
    assert await another().tickets.take("digest", START) == ticket
    assert await stores.tickets.take("digest", START) is None
    assert await stores.tickets.take("another", START) is None


async def test_of_many_takers_one_gets_it(stores: Stores, another: Callable[[], Stores]) -> None:
    """Of several who take a ticket at once, in several processes, one gets it."""
    ticket = await a_ticket(stores)
    await stores.tickets.keep("digest", ticket, START)
    processes = [stores, another()] * 3
    taken = await asyncio.gather(*(process.tickets.take("digest", START) for process in processes))
    assert [one for one in taken if one is not None] == [ticket]


async def test_a_ticket_expires(stores: Stores) -> None:
    """A ticket past its time is good for nothing, and is forgotten when the next one is kept."""
    ticket = await a_ticket(stores)
    await stores.tickets.keep("first", ticket, START)
    assert await stores.tickets.take("first", SOON) is None
    await stores.tickets.keep("second", ticket, START)
    await stores.tickets.keep("third", ticket, SOON)
    assert await stores.tickets.take("second", START) is None
