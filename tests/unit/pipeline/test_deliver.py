"""The event log as subscribers get it: in order, without a gap, from memory or from the store."""

import asyncio

import pytest

from anpr_match.domain.event import Event, Position
from tests.contract.makers import some_hit
from tests.unit.pipeline.flow import Flow


async def a_flow_with_hits(how_many: int) -> Flow:
    flow = Flow()
    entry = await flow.list_plate()
    await flow.hits.record([some_hit(entry, f"r{n}") for n in range(how_many)], [])
    await flow.hub.catch_up()
    return flow


async def taken(flow: Flow, after: int, until: int) -> list[int]:
    subscription = flow.hub.subscribe(after, lambda _: True)
    seqs: list[int] = []
    while not seqs or seqs[-1] < until:
        events = await subscription.next(1.0)
        assert events
        seqs += [event.seq for event in events]
    return seqs


@pytest.mark.parametrize("after", [0, 3, 7, 11, 19])
async def test_a_subscriber_gets_everything_after_its_place(after: int) -> None:
    """From any place in the log a subscriber gets all that follows, in order, once."""
    flow = await a_flow_with_hits(20)
    assert await taken(flow, after, 20) == list(range(after + 1, 21))


async def test_new_events_wake_a_waiting_subscriber() -> None:
    """A subscriber that waits is woken by the next event."""
    flow = await a_flow_with_hits(2)
    subscription = flow.hub.subscribe(2, lambda _: True)
    entry = (await flow.watchlist.snapshot()).entries[0]
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(subscription.next(5.0))
        await flow.hits.record([some_hit(entry, "new")], [])
        await flow.hub.catch_up()
    assert [event.seq for event in waiting.result()] == [3]


async def test_a_subscriber_with_nothing_to_see_gets_nothing() -> None:
    """Events that a subscriber may not see are passed over, and waiting ends with nothing."""
    flow = await a_flow_with_hits(12)

    def only_late_ones(event: Event) -> bool:
        return event.seq > 11

    subscription = flow.hub.subscribe(0, only_late_ones)
    assert [event.seq for event in await subscription.next(1.0)] == [12]
    assert await subscription.next(0.01) == []


async def test_positions_are_resumed_from_or_refused_with_a_reason() -> None:
    """A place of another log, before the window or ahead of the log is refused; all others are good."""
    flow = await a_flow_with_hits(5)
    epoch = flow.hub.bounds.epoch
    assert await flow.hub.refusal(Position(epoch, 0)) is None
    assert await flow.hub.refusal(Position(epoch, 5)) is None
    assert await flow.hub.refusal(Position(epoch, 6)) == "ahead_of_log"
    assert await flow.hub.refusal(Position("another", 3)) == "other_epoch"


async def test_events_are_pushed_to_those_who_wait() -> None:
    """A subscriber with a free line is pushed what it sees, in order, with its prev, and sleeps on."""
    flow = await a_flow_with_hits(2)
    entry = (await flow.watchlist.snapshot()).entries[0]
    subscription = flow.hub.subscribe(2, lambda event: event.seq != 4)
    pushed: list[tuple[int, int]] = []

    def push(event: Event, prev: int) -> bool:
        pushed.append((event.seq, prev))
        return True

    subscription.push = push
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(subscription.next(5.0))
        await asyncio.sleep(0)
        await flow.hits.record([some_hit(entry, f"new{n}") for n in range(3)], [])
        await flow.hub.catch_up()
        assert pushed == [(3, 2), (5, 3)]
        assert not waiting.done()
        assert subscription.through_seq == 5
        waiting.cancel()


async def test_a_line_that_is_not_free_is_not_pushed_to() -> None:
    """When the line backs up in the middle of a page, the rest is taken in turn, once."""
    flow = await a_flow_with_hits(2)
    entry = (await flow.watchlist.snapshot()).entries[0]
    subscription = flow.hub.subscribe(2, lambda _: True)
    pushed: list[int] = []

    def push(event: Event, prev: int) -> bool:
        if pushed:
            return False
        pushed.append(event.seq)
        return True

    subscription.push = push
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(subscription.next(5.0))
        await asyncio.sleep(0)
        await flow.hits.record([some_hit(entry, f"new{n}") for n in range(3)], [])
        await flow.hub.catch_up()
    assert pushed == [3]
    assert [event.seq for event in waiting.result()] == [4, 5]
    assert subscription.sent_seq == 3
