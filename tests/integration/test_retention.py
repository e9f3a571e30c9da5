"""Hits are erased at the end of their time, and the event log stays whole above where it then begins."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from anpr_match.backends.memory.clock import START, WoundClock
from anpr_match.backends.memory.dead_letters import MemoryDeadLetters
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.backends.sql import migrate, tables
from anpr_match.backends.sql.audit import SqlAudit
from anpr_match.backends.sql.deliveries import SqlDeliveries
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.backends.sql.limits import Limits
from anpr_match.backends.sql.registers import SqlRegisters
from anpr_match.backends.sql.replays import SqlReplays
from anpr_match.backends.sql.retention import SqlRetention
from anpr_match.backends.sql.watchlist_store import SqlWatchlistStore
from anpr_match.domain.caller import Grant, Role
from anpr_match.domain.delivery import Device, Receipt
from anpr_match.domain.event import Position
from anpr_match.pipeline import deliver, forget, remember
from anpr_match.ports.audit import Kind, Record
from anpr_match.ports.read_log import Partition, Unreadable
from anpr_match.settings import Settings
from anpr_match.telemetry.metrics import Metrics
from tests.contract.makers import ANALYST, some_hit, some_terms

DAY_S = 86_400.0


class Kept:
    """A database whose hits were recorded one a day, and who erases them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = WoundClock()
        self.watchlist = SqlWatchlistStore(database)
        self.hits = SqlHitStore(database, self.clock)
        self.audit = SqlAudit(database)
        self.retention = SqlRetention(database, self.clock)
        self.letters = MemoryDeadLetters(self.clock)

    async def record(self, days: int) -> list[str]:
        """One hit a day of an entry of its own, the clock going on; returns their ids."""
        made: list[str] = []
        for day in range(days):
            ends_at = self.clock.now() + timedelta(days=30)
            terms = some_terms(review_at=ends_at, ends_at=ends_at)
            entry = await self.watchlist.create(f"e{day}", terms, ANALYST, self.clock.now())
            hit = some_hit(entry, f"r{day}", self.clock.now())
            made += (await self.hits.record([hit], [])).hit_ids
            self.clock.wind(DAY_S)
        return made

    async def count(self, table: sa.Table) -> int:
        def count(connection: sa.Connection) -> int:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

        return await self.database.read(count)

    async def erasures(self) -> list[Record]:
        return [record async for record in self.audit.records() if record.kind is Kind.ERASURE]

    def sweeper(self, **limits: float) -> forget.Forget:
        kept = forget.Limits(**{"hits_days": 7.0, "events_at_once_max": 2, **limits})  # type: ignore[arg-type]
        return forget.Forget(self.retention, self.letters, self.clock, Metrics("0"), kept)


@pytest.fixture(params=["sqlite", "postgresql"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    """On each of the databases."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        url = request.getfixturevalue("sqlite_url")
        migrate.upgrade(url)
    database = Database(url, Limits(connections=4, pool_wait_s=60.0, busy_s=60.0))
    yield Kept(database)
    await database.dispose()


async def test_the_log_stays_whole_above_its_floor(kept: Kept) -> None:
    """What is too old goes from the beginning with its hits and passings; the rest has no gap."""
    hit_ids = await kept.record(10)
    await kept.sweeper().sweep(asyncio.Event())
    bounds = await kept.hits.bounds()
    assert (bounds.floor_seq, bounds.head_seq) == (3, 10)
    assert [event.seq for event in await kept.hits.events(0, 99)] == list(range(4, 11))
    assert [await kept.hits.hit_body(hit_id) is None for hit_id in hit_ids] == [True] * 3 + [False] * 7
    assert await kept.count(tables.hit) == await kept.count(tables.sighting) == 7


async def test_erasure_is_in_the_audit(kept: Kept) -> None:
    """Each transaction that erases says in the audit what it erased, without a plate."""
    await kept.record(10)
    await kept.sweeper().sweep(asyncio.Event())
    assert [(one.action, one.subject) for one in await kept.erasures()] == [
        ("hits.erase", "events 1 to 2, 2 hits"),
        ("hits.erase", "events 3 to 3, 1 hits"),
    ]
    assert await kept.audit.verify() is None
    await kept.sweeper().sweep(asyncio.Event())
    assert len(await kept.erasures()) == 2


async def test_a_hit_stays_while_it_is_told_of(kept: Kept) -> None:
    """A hit of which a younger event tells stays until that event goes too."""
    await kept.record(1)
    entry = await kept.watchlist.entry("e0")
    assert entry is not None
    await kept.watchlist.withdraw("e0", entry.version, "found", ANALYST, START + timedelta(hours=23))
    assert await kept.retention.forget_hits(START + timedelta(hours=1), 100) == 1
    (left,) = await kept.hits.events(0, 99)
    assert (left.seq, left.kind.value, await kept.count(tables.hit)) == (2, "hit.withdrawn", 1)
    assert await kept.retention.forget_hits(START + timedelta(days=2), 100) == 1
    assert await kept.count(tables.hit) == 0
    assert (await kept.hits.bounds()).floor_seq == (await kept.hits.bounds()).head_seq == 2


async def test_the_numbers_go_on(kept: Kept) -> None:
    """After all was erased the next event has the next number."""
    await kept.record(2)
    assert await kept.retention.forget_hits(kept.clock.now(), 100) == 2
    entry = await kept.watchlist.entry("e1")
    assert entry is not None
    recorded = await kept.hits.record([some_hit(entry, "r9", kept.clock.now())], [])
    assert recorded.head_seq == 3
    assert [event.seq for event in await kept.hits.events(0, 9)] == [3]


async def test_several_erase_at_once(kept: Kept) -> None:
    """Of several processes that erase at once each event is erased, and told of, once."""
    await kept.record(9)
    sweeps = (kept.sweeper(hits_days=1.0).sweep(asyncio.Event()) for _ in range(3))
    await asyncio.gather(*sweeps)
    erased = [int(one.subject.split()[3].rstrip(",")) for one in await kept.erasures()]
    assert (await kept.hits.bounds()).floor_seq == max(erased)
    assert len(erased) == len(set(erased)) == 4


async def test_a_position_below_the_floor_is_reset(kept: Kept) -> None:
    """A unit that comes back from before the beginning of the log is told so, also by a hub that began
    before the erasure."""
    await kept.record(10)
    hub = deliver.Hub(
        kept.hits, kept.watchlist, MemoryWakeUp(), kept.clock, deliver.Limits(window_s=100 * DAY_S)
    )
    await hub.catch_up()
    epoch = hub.bounds.epoch
    assert await hub.refusal(Position(epoch, 1)) is None
    await kept.sweeper().sweep(asyncio.Event())
    await hub.look_at_floor()
    assert await hub.refusal(Position(epoch, 2)) == "too_old"
    assert await hub.refusal(Position(epoch, 3)) is None


async def test_dead_letters_have_a_limit_of_their_own(kept: Kept) -> None:
    """Dead letters go after their own time, and the marks of what was put back with them."""
    replays = SqlReplays(kept.database)
    await kept.letters.keep(Partition("reads", 0), [Unreadable(1, b"x", "not_json", "")])
    await replays.note(["reads/0/1"], "cli:kim", "mended", kept.clock.now())
    sweeper = kept.sweeper(dead_letters_days=14.0)
    kept.clock.wind(14 * DAY_S)
    await sweeper.sweep(asyncio.Event())
    assert len(await kept.letters.kept(9)) == 1
    kept.clock.wind(1)
    await sweeper.sweep(asyncio.Event())
    assert await kept.letters.kept(9) == []
    assert await replays.replayed(["reads/0/1"]) == {}


async def test_devices_are_forgotten(kept: Kept) -> None:
    """A device goes when it has neither connected nor acknowledged for its time; either keeps it."""
    registers, deliveries = SqlRegisters(kept.database), SqlDeliveries(kept.database)
    made = await registers.create_token(Grant(Role.PATROL, "herts", "car"), "t-1", START)
    connects, acks, silent = (Device(made.caller.token_id, name) for name in ("connects", "acks", "silent"))
    await deliveries.connect({connects: "1", acks: "2", silent: "3"}, START)
    await deliveries.note([Receipt(device, Position("one", 1), START) for device in (acks, silent, connects)])
    kept.clock.wind(2 * DAY_S + 1)
    await deliveries.connect({connects: "4"}, kept.clock.now())
    await deliveries.note([Receipt(acks, Position("one", 2), kept.clock.now())])
    await kept.sweeper(devices_days=3.0).sweep(asyncio.Event())
    assert await kept.count(tables.feed_device) == 3
    await kept.sweeper(devices_days=2.0).sweep(asyncio.Event())
    assert await deliveries.sessions([connects, acks, silent]) == {connects: "4", acks: "2"}
    assert await kept.count(tables.feed_device) == 2


def test_nothing_is_kept_for_ever_unless_somebody_says_so() -> None:
    """As delivered, whatever names a vehicle has a last day: hits after a year at most, what only helps the
    matcher or an operator far sooner."""
    settings = Settings()
    assert settings.retention.hits_days <= 366
    assert settings.retention.dead_letters_days <= 31
    assert settings.read_log.keep_h <= 7 * 24
    assert settings.match.seen_kept_days <= 92
    assert remember.SIGHTING_DAYS <= 7
