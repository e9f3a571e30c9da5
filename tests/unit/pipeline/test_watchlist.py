"""Editing the watchlist."""

from dataclasses import replace
from datetime import timedelta

import pytest

from anpr_match.backends.memory.audit import MemoryAudit
from anpr_match.backends.memory.clock import START, WoundClock
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.backends.memory.watchlist_store import MemoryWatchlistStore
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.errors import Conflict, NotFound, Refused, Stale
from anpr_match.domain.watchlist import State, Terms
from anpr_match.pipeline.watchlist import Watchlist
from anpr_match.ports.wake_up import Bell

HERTS = Caller("t-1", Role.ANALYST, "herts", "desk 4")
ESSEX = Caller("t-2", Role.ANALYST, "essex", "desk 1")
DAY = timedelta(days=1)
TERMS = Terms(
    owner_force="herts",
    category="hare_coursing",
    reason="seen at Lilley Bottom",
    review_at=START + 20 * DAY,
    ends_at=START + 40 * DAY,
    plate="AB01 CDE",
)


class Desk:
    """A watchlist over parts in memory."""

    def __init__(self) -> None:
        self.clock, self.wake_up, self.ledger = WoundClock(), MemoryWakeUp(), Ledger()
        self.store = MemoryWatchlistStore(self.ledger)
        registers, audit = MemoryRegisters(self.ledger), MemoryAudit(self.ledger)
        self.watchlist = Watchlist(self.store, registers, audit, self.wake_up, self.clock)


async def test_a_refused_entry_rings_no_bell() -> None:
    """Nothing is written and nobody is woken for terms that break a rule."""
    desk = Desk()
    with pytest.raises(Refused):
        await desk.watchlist.create(replace(TERMS, plate="0"), HERTS)
    assert desk.wake_up.rung == []
    assert await desk.store.revision() == 0


async def test_each_edit_rings_for_the_matcher() -> None:
    """Creating, amending and withdrawing wake who follows the list; withdrawing also the feed."""
    desk = Desk()
    entry = await desk.watchlist.create(TERMS, HERTS)
    entry = await desk.watchlist.amend(entry, replace(entry.terms, priority=1), HERTS)
    await desk.watchlist.withdraw(entry, None, HERTS)
    assert desk.wake_up.rung == [Bell.WATCHLIST, Bell.WATCHLIST, Bell.WATCHLIST, Bell.EVENTS]


async def test_ids_sort_by_the_time_of_making() -> None:
    """A list in the order of ids is in the order in which the entries were made."""
    desk = Desk()
    ids = []
    for _ in range(5):
        ids.append((await desk.watchlist.create(TERMS, HERTS)).entry_id)
        desk.clock.wind(0.001)
    assert ids == sorted(ids)
    assert len(set(ids)) == 5


async def test_a_keyed_create_is_once_for_its_maker() -> None:
    """The same key and terms give the entry of the first call, also after it was amended."""
    desk = Desk()
    first = await desk.watchlist.create(TERMS, HERTS, "k")
    await desk.watchlist.amend(first, replace(first.terms, priority=1), HERTS)
    assert await desk.watchlist.create(TERMS, HERTS, "k") == first
    assert (await desk.watchlist.create(TERMS, ESSEX, "k")).entry_id != first.entry_id
    with pytest.raises(Refused):
        await desk.watchlist.create(replace(TERMS, priority=3), HERTS, "k")


async def test_an_entry_past_its_end_is_not_brought_back() -> None:
    """Once the end has come an entry cannot be extended, whether or not it was swept yet."""
    desk = Desk()
    entry = await desk.watchlist.create(TERMS, HERTS)
    desk.clock.wind((41 * DAY).total_seconds())
    longer = replace(entry.terms, review_at=START + 50 * DAY, ends_at=START + 60 * DAY)
    with pytest.raises(Conflict):
        await desk.watchlist.amend(entry, longer, HERTS)


async def test_of_two_edits_of_one_version_one_wins() -> None:
    """Who edits a version that no longer stands is told, and changes nothing."""
    desk = Desk()
    read = await desk.watchlist.create(TERMS, HERTS)
    await desk.watchlist.amend(read, replace(read.terms, priority=1), HERTS)
    with pytest.raises(Stale):
        await desk.watchlist.amend(read, replace(read.terms, priority=3), ESSEX)
    assert (await desk.watchlist.entry(read.entry_id, HERTS)).terms.priority == 1


async def test_what_is_not_shared_is_not_found() -> None:
    """To a force that it is not shared with there is no such entry."""
    desk = Desk()
    entry = await desk.watchlist.create(replace(TERMS, shared_with=("kent",)), HERTS)
    with pytest.raises(NotFound):
        await desk.watchlist.entry(entry.entry_id, ESSEX)
    with pytest.raises(NotFound):
        await desk.watchlist.history(entry.entry_id, ESSEX)
    page = await desk.watchlist.entries(None, 10, State.ACTIVE, None, ESSEX)
    assert page.items == []
    assert await desk.watchlist.search(["AB01CDE"], "CAD 1", ESSEX) == []
