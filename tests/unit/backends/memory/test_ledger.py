"""What the ports in memory share."""

import pytest

from anpr_match.backends.memory.clock import START, WoundClock
from anpr_match.backends.memory.hit_store import MemoryHitStore
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.backends.memory.watchlist_store import MemoryWatchlistStore
from anpr_match.domain.errors import Unavailable
from tests.contract.makers import ANALYST, some_terms


async def test_away() -> None:
    """While the memory is set to be away every port says so and changes nothing."""
    ledger = Ledger()
    watchlist, hits = MemoryWatchlistStore(ledger), MemoryHitStore(ledger, WoundClock())
    ledger.away = True
    for asking in (
        watchlist.create("e1", some_terms(), ANALYST, START),
        watchlist.snapshot(),
        hits.record([], []),
        hits.bounds(),
        MemoryRegisters(ledger).cameras(),
    ):
        with pytest.raises(Unavailable):
            await asking
    ledger.away = False
    assert await watchlist.revision() == 0
