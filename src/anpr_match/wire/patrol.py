"""Shifts of units, and what the control room sees of units, on the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from anpr_match.domain.delivery import Receipt
from anpr_match.domain.unit import Fix, Shift, Unit
from anpr_match.wire.fields import Instant, Word
from anpr_match.wire.register import UnitOut


class ShiftIn(BaseModel):
    """A shift to begin: who is in the car, and which operations it works for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"crew": ["PC 1234"], "operations": ["op-astare"]}]},
    )

    crew: Annotated[list[Word], Field(max_length=12)] = []
    operations: Annotated[list[Word], Field(max_length=20)] = []


class ShiftOut(BaseModel):
    """A shift; `ended_at` is null while it goes on. `crew` is null for a unit of another force."""

    shift_id: str
    unit_id: str
    crew: list[str] | None
    operations: list[str]
    started_at: Instant
    ended_at: Instant | None


class PositionOut(BaseModel):
    """Where a unit was last, of those of the caller's force that said so lately."""

    lat: float
    lon: float
    at: Instant
    accuracy_m: float | None


class DeviceOut(BaseModel):
    """How far a device of the unit has come in the log: delivered to it, not seen by an officer.
    `device` is null for those that give themselves no name."""

    device: str | None
    epoch: str
    acked_seq: int
    acked_at: Instant


class UnitStateOut(UnitOut):
    """A unit as the control room sees it. Where it is and who is in it are personal data, and null for
    a control room of another force."""

    shift: ShiftOut | None
    position: PositionOut | None
    devices: list[DeviceOut]


class UnitStatePage(BaseModel):
    items: list[UnitStateOut]
    next: str | None


def shift_out(shift: Shift, *, with_crew: bool = True) -> ShiftOut:
    return ShiftOut(
        shift_id=shift.shift_id,
        unit_id=shift.unit_id,
        crew=list(shift.crew) if with_crew else None,
        operations=list(shift.operations),
        started_at=shift.started_at,
        ended_at=shift.ended_at,
    )


def unit_state_out(
    unit: Unit, shift: Shift | None, fix: Fix | None, receipts: list[Receipt], *, own: bool
) -> UnitStateOut:
    """`own`: the unit is of the force of who looks."""
    return UnitStateOut(
        unit_id=unit.unit_id,
        callsign=unit.callsign,
        force=unit.force,
        shift=None if shift is None else shift_out(shift, with_crew=own),
        position=None if fix is None or not own else _position_out(fix),
        devices=[_device_out(receipt) for receipt in receipts],
    )


def _position_out(fix: Fix) -> PositionOut:
    return PositionOut(lat=fix.lat, lon=fix.lon, at=fix.at, accuracy_m=fix.accuracy_m)


def _device_out(receipt: Receipt) -> DeviceOut:
    return DeviceOut(
        device=receipt.device.name or None,
        epoch=receipt.position.epoch,
        acked_seq=receipt.position.seq,
        acked_at=receipt.at,
    )
