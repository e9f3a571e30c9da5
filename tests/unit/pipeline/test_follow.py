"""Following the watchlist: loaded, changed, and too old to be used."""

import asyncio

import pytest

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.watchlist_store import MemoryWatchlistStore
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.watchlist import Snapshot
from anpr_match.matching.index import WIDE_EDITS_MAX
from anpr_match.pipeline import follow
from tests.contract.makers import some_terms
from tests.unit.pipeline.flow import ANALYST, Flow


async def test_the_list_is_loaded_and_then_amended() -> None:
    """Entries there at the start and those added later are both in the index, at the newest revision."""
    flow = Flow()
    await flow.list_plate("AB01CDE")
    await flow.follow.catch_up()
    await flow.list_plate("AB01CDF")
    await flow.follow.catch_up()
    index = flow.follow.index
    assert index is not None
    assert (index.revision, len(index)) == (2, 2)


async def test_a_withdrawn_entry_leaves_the_index() -> None:
    """An entry that was withdrawn is no longer found."""
    flow = Flow()
    entry = await flow.list_plate("AB01CDE")
    await flow.follow.catch_up()
    await flow.watchlist.withdraw(entry.entry_id, 1, "seized", ANALYST, flow.clock.now())
    await flow.follow.catch_up()
    index = flow.follow.index
    assert index is not None
    assert len(index) == 0
    assert len(index.find(["AB01CDE"]).read) == 0


async def test_an_entry_amended_to_another_plate_is_found_by_it_alone() -> None:
    """After a correction of the plate only the new one is found."""
    flow = Flow()
    entry = await flow.list_plate("AB01CDE")
    await flow.follow.catch_up()
    await flow.watchlist.amend(entry.entry_id, 1, some_terms("XY50ZZZ"), ANALYST, flow.clock.now())
    await flow.follow.catch_up()
    index = flow.follow.index
    assert index is not None
    assert [len(index.find([vrm]).read) for vrm in ("AB01CDE", "XY50ZZZ")] == [0, 1]


async def test_a_list_that_is_too_old_is_not_matched_with() -> None:
    """The list is withheld after three seconds, and said to be stale after ten."""
    flow = Flow()
    assert not (await flow.follow.ready()).ok
    await flow.follow.catch_up()
    assert (await flow.follow.ready()).ok
    flow.clock.wind(2)
    assert flow.follow.index is not None
    flow.clock.wind(2)
    assert flow.follow.index is None
    assert (await flow.follow.ready()).ok
    flow.clock.wind(7)
    assert not (await flow.follow.ready()).ok
    assert flow.counted("anpr_watchlist_lag_seconds") == 11


async def test_a_store_that_is_away_leaves_the_list_as_it_was() -> None:
    """When the store is away the old list stays, and its age grows."""
    flow = Flow()
    await flow.list_plate()
    await flow.follow.catch_up()
    flow.ledger.away = True
    with pytest.raises(Unavailable):
        await flow.follow.catch_up()
    assert flow.follow.index is not None


async def test_a_list_of_many_changes_is_built_anew_while_it_is_followed() -> None:
    """What is listed while the new index is built is live at once, and still there when it is swapped in."""
    flow = Flow()
    await flow.list_plate("XY50ZZZ")
    await flow.follow.catch_up()
    for number in range(WIDE_EDITS_MAX + 1):
        await flow.list_plate(f"AB01{number:03d}")
    await flow.follow.catch_up()
    building = flow.follow._building
    assert building is not None
    await flow.list_plate("AB01CDE")
    await flow.follow.catch_up()
    assert _finds(flow, "AB01CDE")
    await asyncio.wait([building])
    await flow.follow.catch_up()
    assert flow.follow.index is not None
    assert not flow.follow.index.needs_rebuild()
    assert len(flow.follow.index) == WIDE_EDITS_MAX + 3
    assert _finds(flow, "AB01CDE")


def _finds(flow: Flow, vrm: str) -> bool:
    index = flow.follow.index
    return index is not None and len(index.find_exact([vrm]).read) == 1


class Gated(MemoryWatchlistStore):
    """A list whose whole is read as slowly as the test wants."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.asked, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def snapshot(self) -> Snapshot:
        snapshot = await super().snapshot()
        self.asked.set()
        await self.gate.wait()
        return snapshot


async def test_hits_do_not_wait_while_an_import_is_loaded() -> None:
    """With many changes at once the list from before is matched with until the new one is loaded, but for
    no longer than the limit; then all of it is there at once."""
    flow = Flow()
    store = Gated(flow.ledger)
    limits = follow.Limits(changes_max=10, take_in_s=15.0)
    following = follow.Follow(store, flow.wake_up, flow.clock, flow.metrics, limits)
    await flow.list_plate("XY50ZZZ")
    await following.catch_up()
    many = [(f"e{n:03d}", some_terms(f"AB01{n:03d}")) for n in range(30)]
    await store.create_many(many, ANALYST, flow.clock.now(), "list")
    store.gate.clear()
    store.asked.clear()
    loading = asyncio.create_task(following.catch_up())
    await store.asked.wait()
    flow.clock.wind(14)
    assert following.index is not None
    assert len(following.index) == 1
    flow.clock.wind(2)
    assert following.index is None
    store.gate.set()
    await loading
    await following.catch_up()
    assert following.index is not None
    assert (len(following.index), following.index.revision) == (31, 31)
