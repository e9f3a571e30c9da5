"""What every keeper of shifts and fixes guarantees."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.caller import NewToken
from anpr_match.domain.errors import Conflict, NotFound
from anpr_match.domain.unit import Fix, Shift, Unit
from tests.contract.stores import Stores

LATER = START + timedelta(hours=8)


async def a_unit(stores: Stores, callsign: str = "HERTS CH-32") -> tuple[Unit, NewToken]:
    return await stores.registers.add_unit(callsign, "herts", "t-1", START)


def a_shift(unit: Unit, shift_id: str = "s-1") -> Shift:
    return Shift(shift_id, unit.unit_id, ("PC 1234", "PC 5678"), ("op-astare",), START)


async def test_a_shift_goes_on_until_it_is_ended(stores: Stores, another: Callable[[], Stores]) -> None:
    """A shift is seen by every process while it goes on, with its crew and operations."""
    (unit, _), (other, _) = await a_unit(stores), await a_unit(stores, "HERTS CH-33")
    await stores.patrols.start_shift(a_shift(unit), "t-1")
    assert await another().patrols.on_shift() == {unit.unit_id: a_shift(unit)}
    ended = await another().patrols.end_shift(unit.unit_id, "t-2", LATER)
    assert ended == replace(a_shift(unit), ended_at=LATER)
    assert await stores.patrols.on_shift() == {}
    await stores.patrols.start_shift(a_shift(other, "s-2"), "t-1")
    await stores.patrols.start_shift(a_shift(unit, "s-3"), "t-1")
    assert {shift.shift_id for shift in (await stores.patrols.on_shift()).values()} == {"s-2", "s-3"}


async def test_who_keeps_shifts_is_off_between_them(stores: Stores) -> None:
    """A unit without shifts is never off shift; one that had a shift is, until the next begins."""
    unit, new = await a_unit(stores)

    async def off_shift() -> bool:
        found = await stores.registers.caller(new.token)
        listed = (await stores.registers.bearers([new.caller.token_id, "t-nobody"])).values()
        assert found is not None
        assert list(listed) == [found]
        return found.off_shift

    revisions = [await stores.registers.rights_revision()]
    assert not await off_shift()
    await stores.patrols.start_shift(a_shift(unit), "t-1")
    revisions.append(await stores.registers.rights_revision())
    assert not await off_shift()
    await stores.patrols.end_shift(unit.unit_id, "t-1", LATER)
    revisions.append(await stores.registers.rights_revision())
    assert await off_shift()
    await stores.patrols.start_shift(a_shift(unit, "s-2"), "t-1")
    assert not await off_shift()
    await stores.registers.revoke_token(new.caller.token_id, "t-1", LATER)
    revisions.append(await stores.registers.rights_revision())
    assert revisions == sorted(set(revisions))
    assert await stores.registers.bearers([new.caller.token_id]) == {}


async def test_one_shift_at_a_time(stores: Stores, another: Callable[[], Stores]) -> None:
    """Of several who start a shift of one unit at once, one does; who ends none is told so."""
    unit, _ = await a_unit(stores)
    processes = [stores, another(), another()]
    tries = [
        process.patrols.start_shift(a_shift(unit, f"s-{number}"), "t-1")
        for number, process in enumerate(processes)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 2
    await stores.patrols.end_shift(unit.unit_id, "t-1", LATER)
    with pytest.raises(Conflict):
        await stores.patrols.end_shift(unit.unit_id, "t-1", LATER)
    nobody = Unit("u-nobody", "", "herts")
    with pytest.raises(NotFound):
        await stores.patrols.start_shift(a_shift(nobody, "s-9"), "t-1")
    with pytest.raises(NotFound):
        await stores.patrols.end_shift("u-nobody", "t-1", LATER)


async def test_shifts_are_audited(stores: Stores) -> None:
    """Who began and who ended a shift is on record."""
    unit, _ = await a_unit(stores)
    await stores.patrols.start_shift(a_shift(unit), "t-1")
    await stores.patrols.end_shift(unit.unit_id, "t-2", LATER)
    records = [record async for record in stores.audit.records()]
    assert [(r.action, r.subject, r.by, r.at) for r in records[-2:]] == [
        ("shift.started", f"{unit.unit_id} s-1", "t-1", START),
        ("shift.ended", f"{unit.unit_id} s-1", "t-2", LATER),
    ]
    assert await stores.audit.verify() is None


async def test_the_last_fix_is_kept(stores: Stores) -> None:
    """Of a unit's fixes the newest is kept, whatever the order they came in; those of nobody are left out."""
    (unit, _), (other, _) = await a_unit(stores), await a_unit(stores, "HERTS CH-33")
    newest = Fix(51.8, -0.2, START + timedelta(seconds=10), 8.0)
    await stores.patrols.note_fixes({unit.unit_id: Fix(51.9, -0.3, START)})
    await stores.patrols.note_fixes({unit.unit_id: newest, "u-nobody": newest})
    await stores.patrols.note_fixes({unit.unit_id: Fix(51.7, -0.1, START), other.unit_id: Fix(52, 0, START)})
    assert await stores.patrols.fixes(START) == {unit.unit_id: newest, other.unit_id: Fix(52, 0, START)}
    assert await stores.patrols.fixes(newest.at) == {unit.unit_id: newest}


async def test_a_fix_that_comes_late_stays_out(stores: Stores, another: Callable[[], Stores]) -> None:
    """What a process still holds of a unit whose shift has ended is not kept; the next shift's fixes are."""
    (unit, _), (other, _) = await a_unit(stores), await a_unit(stores, "HERTS CH-33")
    late = {unit.unit_id: Fix(51.9, -0.3, START), other.unit_id: Fix(52.0, 0.0, START)}
    await stores.patrols.start_shift(a_shift(unit), "t-1")
    await stores.patrols.end_shift(unit.unit_id, "t-1", LATER)
    await another().patrols.note_fixes(late)
    assert set(await stores.patrols.fixes(START)) == {other.unit_id}
    assert await stores.patrols.forget_fixes(LATER) == 1
    await stores.patrols.start_shift(a_shift(unit, "s-2"), "t-1")
    await stores.patrols.note_fixes(late)
    assert set(await stores.patrols.fixes(START)) == {unit.unit_id, other.unit_id}


async def test_fixes_are_forgotten(stores: Stores) -> None:
    """Where a unit was is forgotten at the end of its shift, and when it is old."""
    units = [(await a_unit(stores, f"HERTS CH-{number}"))[0] for number in range(3)]
    await stores.patrols.start_shift(a_shift(units[0]), "t-1")
    await stores.patrols.note_fixes(
        {
            unit.unit_id: Fix(51.9, -0.3, START + timedelta(minutes=number))
            for number, unit in enumerate(units)
        }
    )
    await stores.patrols.end_shift(units[0].unit_id, "t-1", LATER)
    assert set(await stores.patrols.fixes(START)) == {units[1].unit_id, units[2].unit_id}
    assert await stores.patrols.forget_fixes(START + timedelta(minutes=2)) == 1
    assert set(await stores.patrols.fixes(START)) == {units[2].unit_id}
