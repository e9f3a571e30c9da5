"""Shifts and fixes in memory."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.domain.errors import Conflict, NotFound
from anpr_match.domain.unit import Fix, Shift, Unit
from anpr_match.ports.audit import Act, Kind


class MemoryPatrols:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def start_shift(self, shift: Shift, by: str) -> None:
        await self._ledger.reach()
        unit = self._unit(shift.unit_id)
        if self._ledger.shift_of(shift.unit_id) is not None:
            raise Conflict("the unit is on shift already")
        self._ledger.shifts.append(shift)
        self._changed(unit, "shift.started", shift, by, shift.started_at)

    async def end_shift(self, unit_id: str, by: str, at: datetime) -> Shift:
        await self._ledger.reach()
        unit = self._unit(unit_id)
        shift = self._ledger.shift_of(unit_id)
        if shift is None:
            raise Conflict("the unit is not on shift")
        ended = replace(shift, ended_at=at)
        self._ledger.shifts[self._ledger.shifts.index(shift)] = ended
        self._ledger.fixes.pop(unit_id, None)
        self._changed(unit, "shift.ended", ended, by, at)
        return ended

    def _unit(self, unit_id: str) -> Unit:
        for unit in self._ledger.units.values():
            if unit.unit_id == unit_id:
                return unit
        raise NotFound("there is no such unit")

    def _changed(self, unit: Unit, action: str, shift: Shift, by: str, at: datetime) -> None:
        self._ledger.rights_revision += 1
        subject = f"{unit.unit_id} {shift.shift_id}"
        self._ledger.append_audit([Act(at, Kind.ALTERATION, by, unit.force, action, subject, None)])

    async def on_shift(self) -> dict[str, Shift]:
        await self._ledger.reach()
        return {shift.unit_id: shift for shift in self._ledger.shifts if shift.ended_at is None}

    async def note_fixes(self, fixes: Mapping[str, Fix]) -> None:
        await self._ledger.reach()
        units = [unit.unit_id for unit in self._ledger.units.values()]
        present = {unit_id for unit_id in units if not self._ledger.is_off_shift(unit_id)}
        for unit_id, fix in fixes.items():
            known = self._ledger.fixes.get(unit_id)
            if unit_id in present and (known is None or known.at < fix.at):
                self._ledger.fixes[unit_id] = fix

    async def fixes(self, since: datetime) -> dict[str, Fix]:
        await self._ledger.reach()
        return {
            unit_id: fix
            for unit_id, fix in self._ledger.fixes.items()
            if fix.at >= since and not self._ledger.is_off_shift(unit_id)
        }

    async def forget_fixes(self, before: datetime) -> int:
        await self._ledger.reach()
        old = [unit_id for unit_id, fix in self._ledger.fixes.items() if fix.at < before]
        for unit_id in old:
            del self._ledger.fixes[unit_id]
        return len(old)
