"""Shifts of units, and the control room's view of units."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.delivery import Receipt
from anpr_match.domain.errors import Forbidden, NotFound
from anpr_match.domain.unit import Shift, Unit
from anpr_match.ports.audit import Act, Kind
from anpr_match.ports.wake_up import Bell
from anpr_match.web import auth, documented
from anpr_match.web.services import Parts, Services
from anpr_match.wire import patrol as wire

router = APIRouter(prefix="/v1/units", tags=["registers"], responses=documented.SIGNED_IN)

Keeper = Annotated[Caller, Depends(auth.require(Role.OPERATOR, Role.ANALYST, Role.PATROL))]


@router.post(
    "/{unit_id}/shifts",
    status_code=201,
    summary="Begin a shift",
    responses=documented.READ | documented.CREATE,
)
async def start_shift(
    unit_id: documented.Id, shift: wire.ShiftIn, caller: Keeper, parts: Parts
) -> wire.ShiftOut:
    """The unit is on duty. From its first shift on it has the feed only while on shift."""
    await _check(unit_id, caller, parts)
    begun = Shift(
        "s-" + secrets.token_hex(8), unit_id, tuple(shift.crew), tuple(shift.operations), parts.clock.now()
    )
    await parts.patrols.start_shift(begun, caller.token_id)
    await parts.wake_up.ring(Bell.REGISTERS)
    return wire.shift_out(begun)


@router.post("/{unit_id}/shifts/end", summary="End the shift", responses=documented.READ | documented.CREATE)
async def end_shift(unit_id: documented.Id, caller: Keeper, parts: Parts) -> wire.ShiftOut:
    """The unit is off duty: its feeds are closed within a second, in every process."""
    await _check(unit_id, caller, parts)
    ended = await parts.patrols.end_shift(unit_id, caller.token_id, parts.clock.now())
    await parts.wake_up.ring(Bell.REGISTERS)
    return wire.shift_out(ended)


async def _check(unit_id: str, caller: Caller, parts: Services) -> None:
    """A unit keeps its own shifts, and the control room those of its force."""
    unit = next((unit for unit in await parts.registers.units() if unit.unit_id == unit_id), None)
    if unit is None:
        raise NotFound("there is no such unit")
    own = caller.unit_id == unit_id if caller.role is Role.PATROL else caller.force == unit.force
    if not own:
        raise Forbidden("a unit keeps its own shifts, a control room those of its force")


async def states(units: Iterable[Unit], caller: Caller, parts: Services) -> list[wire.UnitStateOut]:
    """The units with their shifts, where they are, and what was delivered to them. Where officers are, and
    who they are, is shown to their own force only; showing where they are is recorded."""
    units = list(units)
    shifts = await parts.patrols.on_shift()
    now = parts.clock.now()
    fixes = await parts.patrols.fixes(now - timedelta(seconds=parts.feed.position_keep_s))
    receipts = await _receipts(units, parts)
    shown = [
        wire.unit_state_out(
            unit,
            shifts.get(unit.unit_id),
            fixes.get(unit.unit_id),
            receipts.get(unit.unit_id, []),
            own=unit.force == caller.force,
        )
        for unit in units
    ]
    placed = sum(state.position is not None for state in shown)
    if placed:
        subject = f"positions of {placed} units"
        act = Act(now, Kind.CONSULTATION, caller.token_id, caller.force, "units.positions", subject, None)
        await parts.audit.note(act)
    return shown


async def _receipts(units: Iterable[Unit], parts: Services) -> dict[str, list[Receipt]]:
    shown = {unit.unit_id for unit in units}
    tokens = await parts.registers.tokens()
    bearers = {
        one.token_id: one.unit_id for one in tokens if one.unit_id is not None and one.unit_id in shown
    }
    found: dict[str, list[Receipt]] = {}
    for receipt in await parts.deliveries.receipts(bearers.keys()):
        found.setdefault(bearers[receipt.device.token_id], []).append(receipt)
    return found
