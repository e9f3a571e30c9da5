"""Exports: in order, nothing lost, one leader, and a receiver that fails holds up nobody else."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from anpr_match.backends.memory.followers import MemoryFollowers
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.event import Event
from anpr_match.pipeline.export import Export, Limits, Parts
from anpr_match.ports.sink import NotTaken
from tests.contract.makers import some_hit
from tests.unit.pipeline.flow import Flow

QUICK = Limits(poll_s=0.01, pause_first_s=0.001, pause_max_s=0.002, refusals_max=3, page_events=2)


@dataclass
class Receiver:
    """Takes events; is away for the first `away` calls, and refuses the events of `refused`."""

    away: int = 0
    refused: frozenset[int] = frozenset()
    had: list[int] = field(default_factory=list)
    closed: bool = False
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def send(self, epoch: str, events: Sequence[Event]) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("away")
        for number, event in enumerate(events):
            if event.seq in self.refused:
                raise NotTaken(number, "not wanted")
            self.had.append(event.seq)
            async with self.news:
                self.news.notify_all()

    async def close(self) -> None:
        self.closed = True


class Exporting:
    """A flow with an export on it."""

    def __init__(
        self,
        receiver: Receiver,
        flow: Flow | None = None,
        force: str | None = None,
        limits: Limits = QUICK,
    ) -> None:
        self.flow = flow or Flow()
        flow = self.flow
        followers = MemoryFollowers(flow.ledger)
        self.receiver = receiver
        parts = Parts(flow.hits, followers, flow.wake_up, flow.clock, flow.metrics)
        self.export = Export("test", receiver, parts, limits, force)

    async def hits(self, *read_ids: str) -> None:
        entries = (await self.flow.watchlist.snapshot()).entries
        entry = entries[0] if entries else await self.flow.list_plate()
        await self.flow.hits.record([some_hit(entry, read_id) for read_id in read_ids], [])

    async def run_until(self, seqs: list[int]) -> None:
        stop = asyncio.Event()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(self.export.run(stop))
            async with self.receiver.news:
                await self.receiver.news.wait_for(lambda: self.receiver.had == seqs)
            stop.set()

    async def begun(self) -> None:
        """It has a place: what comes from now on is told."""
        await self.export._lead()
        await self.export._place()


async def test_what_comes_after_the_beginning_is_told_in_order() -> None:
    """A new follower is told what comes from then on, in order, once, and is closed at the end."""
    exporting = Exporting(Receiver())
    await exporting.hits("before")
    await exporting.begun()
    await exporting.hits("r1", "r2", "r3")
    await exporting.run_until([2, 3, 4])
    assert exporting.receiver.closed
    assert (await exporting.export.ready()).ok


async def test_a_receiver_that_is_away_loses_nothing() -> None:
    """While the receiver is away the export pauses and shows an alarm that leaves the process ready."""
    exporting = Exporting(Receiver(away=5))
    await exporting.begun()
    await exporting.hits("r1", "r2", "r3")
    await exporting.export._step(asyncio.Event())
    finding = await exporting.export.ready()
    assert (finding.ok, finding.hinders) == (False, False)
    await exporting.run_until([1, 2, 3])


async def test_how_far_behind_a_receiver_is_is_told_while_it_is_away() -> None:
    """In the middle of a long pause the number of events that wait goes up with the log."""
    patient = Limits(lease_s=0.03, poll_s=0.01, pause_first_s=60.0)
    exporting = Exporting(Receiver(away=1), limits=patient)
    await exporting.begun()
    await exporting.hits("r1")
    value, stop = exporting.flow.metrics.registry.get_sample_value, asyncio.Event()

    def behind(events: int, failing: int) -> bool:
        told = [value(f"anpr_export_{name}", {"follower": "test"}) for name in ("behind_events", "failing")]
        return told == [events, failing]

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(exporting.export.run(stop))
        await exporting.flow.until(lambda: behind(1, 1))
        await exporting.hits("r2", "r3")
        await exporting.flow.until(lambda: behind(3, 1))
        stop.set()
    assert exporting.receiver.had == []


async def test_another_process_goes_on_where_the_first_ended() -> None:
    """The place is kept: after a change of the leader nothing is missing and nothing is out of order."""
    first = Exporting(Receiver())
    await first.begun()
    await first.hits("r1", "r2", "r3")
    await first.run_until([1, 2, 3])
    # It leads once more, and dies.
    first.flow.clock.wind(QUICK.lease_s)
    assert await first.export._lead()
    second = Exporting(Receiver(), first.flow)
    await second.hits("r4")
    assert not await second.export._lead()
    first.flow.clock.wind(QUICK.lease_s + 1)
    await second.run_until([4])


async def test_a_store_that_was_away_leaves_the_sink_open() -> None:
    """The part is run again by its supervisor, with the same sink; that is closed at the stop only."""
    exporting = Exporting(receiver := Receiver())
    exporting.flow.ledger.away = True
    with pytest.raises(Unavailable):
        await exporting.export.run(asyncio.Event())
    assert not receiver.closed
    exporting.flow.ledger.away = False
    await exporting.run_until([])
    assert receiver.closed


async def test_an_event_that_is_refused_is_given_up_after_a_while() -> None:
    """An event that the receiver will never want does not hold up those behind it for ever."""
    exporting = Exporting(Receiver(refused=frozenset({2})))
    await exporting.begun()
    await exporting.hits("r1", "r2", "r3")
    await exporting.run_until([1, 3])
    given_up = {"follower": "test", "outcome": "given_up"}
    registry = exporting.flow.metrics.registry
    assert registry.get_sample_value("anpr_export_events_total", given_up) == 1.0


async def test_a_force_is_told_what_it_may_see() -> None:
    """An export for one force leaves out what that force may not see."""
    exporting = Exporting(Receiver(), force="kent")
    await exporting.begun()
    private = await exporting.flow.list_plate("AB01XYZ", shared_with=("herts",))
    await exporting.flow.hits.record([some_hit(private, "hidden")], [])
    shared = await exporting.flow.list_plate("AB01CDE", shared_with=("herts", "kent"))
    await exporting.flow.hits.record([some_hit(shared, "seen")], [])
    await exporting.run_until([2])


async def test_one_that_ends_in_order_hands_over() -> None:
    """After a stop another process leads at once; no time needs to run out."""
    first = Exporting(Receiver())
    await first.begun()
    await first.hits("r1")
    await first.run_until([1])
    second = Exporting(Receiver(), first.flow)
    await second.hits("r2")
    await second.run_until([2])
