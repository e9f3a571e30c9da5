"""The feeds that are open: bounded, ended when their right ends, and what they tell kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.domain.caller import Caller, Grant, Role
from anpr_match.domain.delivery import Device
from anpr_match.domain.errors import Full, Unavailable
from anpr_match.domain.event import Position
from anpr_match.domain.routing import Place
from anpr_match.domain.unit import Fix, Shift
from anpr_match.pipeline.sessions import Limits, Session, Sessions, Stores, Why
from anpr_match.ports.wake_up import Bell
from tests.contract.stores import Stores as AllStores
from tests.contract.stores import in_memory
from tests.unit.pipeline.flow import Flow


class SlowRegisters(MemoryRegisters):
    """Registers that take their time over who bears a token."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.asked, self.answered = asyncio.Event(), asyncio.Event()

    async def bearers(self, token_ids: Collection[str]) -> dict[str, Caller]:
        self.asked.set()
        await self.answered.wait()
        return await super().bearers(token_ids)


class Fleet:
    """Sessions over stores in memory, with a note of how each one ended."""

    def __init__(
        self, limits: Limits | None = None, registers: Callable[[Ledger], MemoryRegisters] = MemoryRegisters
    ) -> None:
        self.flow = Flow()
        self.stores: AllStores = in_memory(self.flow.ledger, self.flow.clock)
        self.forgotten = 0
        self.ends: dict[str, Why] = {}
        self.sessions = Sessions(
            Stores(registers(self.flow.ledger), self.stores.deliveries, self.stores.patrols),
            self.flow.wake_up,
            self.flow.clock,
            limits or Limits(poll_s=30.0),
            self._forget,
        )

    def _forget(self) -> None:
        self.forgotten += 1

    async def bearer(self, name: str) -> Caller:
        made = await self.stores.registers.create_token(Grant(Role.PATROL, "herts", name), "t-1", START)
        return made.caller

    def session(self, name: str, caller: Caller, device: str | None = None) -> Session:
        session = Session(name, caller, device, lambda why: self.ends.setdefault(name, why) and None)
        self.sessions.open(session)
        return session

    @asynccontextmanager
    async def looked_after(self) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sessions.run(stop))
            yield stop
            stop.set()


async def test_a_feed_that_was_let_in_by_memory_is_checked() -> None:
    """A token that was revoked before its feed opened is noticed at the next look."""
    fleet = Fleet()
    good, bad = await fleet.bearer("good"), await fleet.bearer("bad")
    await fleet.sessions.look()
    await fleet.stores.registers.revoke_token(bad.token_id, "t-1", START)
    await fleet.sessions.look()
    fleet.session("good", good)
    fleet.session("bad", bad)
    await fleet.sessions.look()
    assert fleet.ends == {"bad": Why.NOT_ALLOWED}


async def test_a_feed_that_closes_while_rights_are_looked_at() -> None:
    """A feed that is gone by the time its right turns out to have ended is not asked to end."""
    slow: list[SlowRegisters] = []

    def registers(ledger: Ledger) -> SlowRegisters:
        slow.append(SlowRegisters(ledger))
        return slow[0]

    fleet = Fleet(registers=registers)
    caller = await fleet.bearer("car")
    gone = fleet.session("gone", caller)
    fleet.session("there", caller)
    await fleet.stores.registers.revoke_token(caller.token_id, "t-1", START)
    async with asyncio.TaskGroup() as group:
        group.create_task(fleet.sessions.look())
        await slow[0].asked.wait()
        fleet.sessions.close(gone)
        slow[0].answered.set()
    assert fleet.ends == {"there": Why.NOT_ALLOWED}


async def test_the_bell_is_heard_at_once() -> None:
    """A revocation with the bell is acted on long before the next look is due."""
    fleet = Fleet()
    caller = await fleet.bearer("car")
    async with fleet.looked_after():
        fleet.session("car", caller)
        await fleet.flow.until(lambda: fleet.forgotten > 0)
        await fleet.stores.registers.revoke_token(caller.token_id, "t-1", START)
        await fleet.flow.wake_up.ring(Bell.REGISTERS)
        await fleet.flow.until(lambda: fleet.ends == {"car": Why.NOT_ALLOWED})


async def test_rights_are_looked_at_in_time_without_a_change() -> None:
    """After `rights_s` every feed is looked at, whatever the revision says."""
    fleet = Fleet()
    caller = await fleet.bearer("car")
    fleet.session("car", caller)
    await fleet.sessions.look()
    del fleet.flow.ledger.tokens[caller.token_id]
    await fleet.sessions.look()
    assert fleet.ends == {}
    fleet.flow.clock.wind(41)
    await fleet.sessions.look()
    assert fleet.ends == {"car": Why.NOT_ALLOWED}


async def test_nothing_ends_while_the_store_is_away() -> None:
    """A store that does not answer takes nobody's right; it is looked at again later."""
    fleet = Fleet()
    caller = await fleet.bearer("car")
    fleet.session("car", caller)
    await fleet.stores.registers.revoke_token(caller.token_id, "t-1", START)
    fleet.flow.ledger.away = True
    with pytest.raises(Unavailable):
        await fleet.sessions.look()
    assert fleet.ends == {}
    fleet.flow.ledger.away = False
    await fleet.sessions.look()
    assert fleet.ends == {"car": Why.NOT_ALLOWED}


async def test_a_stop_ends_all_and_keeps_what_they_said() -> None:
    """At a stop every feed is told to come back, late ones too, and receipts are written."""
    fleet = Fleet()
    caller = await fleet.bearer("car")
    async with fleet.looked_after() as stop:
        session = fleet.session("first", caller, "tablet")
        await fleet.sessions.connect("first", Device(caller.token_id, "tablet"))
        fleet.sessions.note_ack(session, Position("one", 7))
        fleet.sessions.note_ack(session, Position("one", 5))
        stop.set()
    fleet.session("late", caller)
    assert fleet.ends == {"first": Why.RESTARTING, "late": Why.RESTARTING}
    (receipt,) = await fleet.stores.deliveries.receipts([caller.token_id])
    assert receipt.position == Position("one", 7)


async def test_a_car_that_comes_back_changes_no_rights() -> None:
    """A device that left, or whose process stopped in order, takes nothing over when it comes back, here
    or elsewhere; one whose feed is open does."""
    fleet = Fleet(Limits(save_s=0, poll_s=30.0))
    caller = await fleet.bearer("car")
    tablet = Device(caller.token_id, "tablet")

    async def come(name: str) -> Session:
        await fleet.sessions.connect(name, tablet)
        return fleet.session(name, caller, "tablet")

    before = await fleet.stores.registers.rights_revision()
    fleet.sessions.close(await come("1"))
    fleet.sessions.close(await come("2"))
    await fleet.sessions.look()
    await fleet.stores.deliveries.connect({tablet: "elsewhere"}, START)
    await fleet.stores.deliveries.leave({tablet: "elsewhere"})
    async with fleet.looked_after():
        await come("3")
    await fleet.stores.deliveries.connect({tablet: "elsewhere"}, START)
    assert await fleet.stores.registers.rights_revision() == before
    await come("4")
    assert await fleet.stores.registers.rights_revision() > before


async def test_there_are_bounds() -> None:
    """So many feeds in all and of one token, so many that wait; a place that is free again is given away."""
    fleet = Fleet(Limits(feeds_max=3, feeds_per_token_max=2, waiting_max=1))
    one, two = await fleet.bearer("one"), await fleet.bearer("two")
    first = fleet.session("1", one)
    fleet.session("2", one)
    with pytest.raises(Full):
        fleet.session("3", one)
    fleet.session("4", two)
    with pytest.raises(Full):
        fleet.session("5", two)
    fleet.sessions.close(first)
    fleet.session("6", one)
    with fleet.sessions.waiting(), pytest.raises(Full), fleet.sessions.waiting():
        pass
    with fleet.sessions.waiting():
        pass


async def test_a_closed_feed_leaves_its_device_to_the_newer_one() -> None:
    """The older connection's end does not make room for a third that would end nobody."""
    fleet = Fleet()
    caller = await fleet.bearer("car")
    first = fleet.session("1", caller, "tablet")
    fleet.session("2", caller, "tablet")
    fleet.sessions.close(first)
    fleet.session("3", caller, "tablet")
    assert fleet.ends == {"1": Why.REPLACED, "2": Why.REPLACED}


async def test_where_a_unit_is() -> None:
    """The newest fix counts, a time to come counts as now, and in time it is forgotten everywhere."""
    fleet = Fleet(Limits(save_s=0, fix_keep_s=60))
    unit, _ = await fleet.stores.registers.add_unit("CH-1", "herts", "t-1", START)
    future = START + timedelta(hours=1)
    fleet.sessions.note_fix(unit.unit_id, Fix(51.0, -1.0, future))
    fleet.sessions.note_fix(unit.unit_id, Fix(50.0, -2.0, START - timedelta(seconds=5)))
    fleet.sessions.note_fix(unit.unit_id, Fix(49.0, -3.0, START - timedelta(hours=1)))
    await fleet.sessions.look()
    assert fleet.sessions.place_of(unit.unit_id) == Place(51.0, -1.0)
    assert await fleet.stores.patrols.fixes(START) == {unit.unit_id: Fix(51.0, -1.0, START)}
    fleet.flow.clock.wind(61)
    assert fleet.sessions.place_of(unit.unit_id) is None
    await fleet.sessions.look()
    assert fleet.flow.ledger.fixes == {}
    assert fleet.sessions.place_of(None) is None


async def test_fixes_of_a_process_that_is_gone_are_forgotten() -> None:
    """Old fixes go in time, whoever wrote them, and are not looked for at every save."""
    fleet = Fleet(Limits(save_s=0, fix_keep_s=60, forget_s=60))
    unit, _ = await fleet.stores.registers.add_unit("CH-1", "herts", "t-1", START)
    await fleet.sessions.look()
    await fleet.stores.patrols.note_fixes({unit.unit_id: Fix(51.0, -1.0, START - timedelta(seconds=30))})
    fleet.flow.clock.wind(59)
    await fleet.sessions.look()
    assert set(fleet.flow.ledger.fixes) == {unit.unit_id}
    fleet.flow.clock.wind(1)
    await fleet.sessions.look()
    assert fleet.flow.ledger.fixes == {}


async def test_the_end_of_a_shift() -> None:
    """Every feed of the unit ends, by whichever of its tokens; the next shift lets it in again."""
    fleet = Fleet()
    unit, made = await fleet.stores.registers.add_unit("CH-1", "herts", "t-1", START)
    other = await fleet.bearer("other")
    fleet.session("unit", made.caller)
    fleet.session("other", other)
    await fleet.stores.patrols.start_shift(Shift("s-1", unit.unit_id, (), ("op-1",), START), "t-1")
    await fleet.sessions.look()
    shift = fleet.sessions.shift_of(unit.unit_id)
    assert shift is not None
    assert shift.operations == ("op-1",)
    await fleet.stores.patrols.end_shift(unit.unit_id, "t-1", START)
    await fleet.sessions.look()
    assert fleet.ends == {"unit": Why.OFF_SHIFT}
    assert fleet.sessions.shift_of(unit.unit_id) is None
