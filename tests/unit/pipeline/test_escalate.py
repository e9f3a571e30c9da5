"""Hits that nobody answers go on by themselves."""

import asyncio

from anpr_match.backends.memory.act_store import MemoryActStore
from anpr_match.backends.memory.clock import START, WoundClock
from anpr_match.backends.memory.hit_store import MemoryHitStore
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.backends.memory.watchlist_store import MemoryWatchlistStore
from anpr_match.domain.event import Kind
from anpr_match.pipeline.escalate import NOTE_EVERY_S, Escalation
from anpr_match.ports.wake_up import Bell
from anpr_match.telemetry.metrics import Metrics
from tests.contract.makers import ANALYST, some_hit, some_terms

GAUGE = 'anpr_hits_unanswered{priority="1"}'


async def test_escalation() -> None:
    """A step that is due is taken, the feed is woken, and the number of open hits is told."""
    ledger, clock, wake_up, metrics = Ledger(), WoundClock(), MemoryWakeUp(), Metrics("test")
    entry = await MemoryWatchlistStore(ledger).create("e1", some_terms(priority=1), ANALYST, START)
    await MemoryHitStore(ledger, clock).record([some_hit(entry, "r1")], [])
    part = Escalation(MemoryActStore(ledger), wake_up, clock, metrics, 60.0)
    heard = wake_up.listen(Bell.EVENTS)
    assert await part.step_due() == 0
    assert f"{GAUGE} 1.0" in metrics.exposition().decode()
    clock.wind(60)
    assert await part.step_due() == 1
    async with asyncio.timeout(5):
        await heard.wait(60)
    assert [event.kind for event in ledger.events] == [Kind.HIT, Kind.HIT_UPDATED]
    clock.wind(4 * 3_600)
    while await part.step_due():
        clock.wind(3_600)
    clock.wind(NOTE_EVERY_S)
    await part.step_due()
    assert f"{GAUGE} 0.0" in metrics.exposition().decode()


async def test_it_stops() -> None:
    """The part ends when it is asked to, though nothing is due."""
    ledger, clock = Ledger(), WoundClock()
    part = Escalation(MemoryActStore(ledger), MemoryWakeUp(), clock, Metrics("test"), 60.0)
    stop = asyncio.Event()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(part.run(stop))
        stop.set()
