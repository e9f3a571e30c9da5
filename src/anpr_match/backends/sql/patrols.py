"""Shifts and fixes in SQL."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from anpr_match.backends.sql import audit, counters, tables
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.upsert import upsert
from anpr_match.domain.errors import Conflict, NotFound
from anpr_match.domain.unit import Fix, Shift
from anpr_match.ports.audit import Act, Kind

_shift = tables.unit_shift
_fix = tables.unit_fix
_units = sa.select(tables.unit.c.unit_id, tables.unit.c.force)


def off_shift(unit_id: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether the unit has had shifts and none goes on."""
    shifts = sa.select(_shift.c.shift_id).where(_shift.c.unit_id == unit_id)
    return sa.and_(sa.exists(shifts), sa.not_(sa.exists(shifts.where(_shift.c.ended_at.is_(None)))))


_present = sa.select(tables.unit.c.unit_id).where(sa.not_(off_shift(tables.unit.c.unit_id)))
_running = sa.select(_shift).where(_shift.c.ended_at.is_(None))
_end = (
    sa.update(_shift)
    .where(_shift.c.unit_id == sa.bindparam("of"), _shift.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
    .returning(_shift)
)
_forget = sa.delete(_fix).where(_fix.c.unit_id == sa.bindparam("of"))
_recent = sa.select(_fix).where(_fix.c.at >= sa.bindparam("since"), sa.not_(off_shift(_fix.c.unit_id)))
_old = sa.delete(_fix).where(_fix.c.at < sa.bindparam("before"))


class SqlPatrols:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def start_shift(self, shift: Shift, by: str) -> None:
        def start(connection: sa.Connection) -> None:
            force = _force_of(connection, shift.unit_id)
            try:
                connection.execute(sa.insert(_shift), _row(shift))
            except IntegrityError:
                raise Conflict("the unit is on shift already") from None
            _changed(connection, force, "shift.started", shift, by)

        await self._database.write(start)

    async def end_shift(self, unit_id: str, by: str, at: datetime) -> Shift:
        def end(connection: sa.Connection) -> Shift:
            force = _force_of(connection, unit_id)
            row = connection.execute(_end, {"of": unit_id, "at": at}).first()
            if row is None:
                raise Conflict("the unit is not on shift")
            connection.execute(_forget, {"of": unit_id})
            shift = replace(_as_shift(row), ended_at=at)
            _changed(connection, force, "shift.ended", shift, by)
            return shift

        return await self._database.write(end)

    async def on_shift(self) -> dict[str, Shift]:
        def on_shift(connection: sa.Connection) -> dict[str, Shift]:
            return {row.unit_id: _as_shift(row) for row in connection.execute(_running)}

        return await self._database.read(on_shift)

    async def note_fixes(self, fixes: Mapping[str, Fix]) -> None:
        if not fixes:
            return

        def note(connection: sa.Connection) -> None:
            present = {row.unit_id for row in connection.execute(_present)}
            rows = [_fix_row(unit_id, fix) for unit_id, fix in sorted(fixes.items()) if unit_id in present]
            if rows:
                sets = ("lat", "lon", "accuracy_m", "at")
                statement = upsert(connection.dialect.name, _fix, sets, _newer)
                connection.execute(statement, rows)

        await self._database.write(note)

    async def fixes(self, since: datetime) -> dict[str, Fix]:
        def fixes(connection: sa.Connection) -> dict[str, Fix]:
            rows = connection.execute(_recent, {"since": since})
            return {row.unit_id: Fix(row.lat, row.lon, row.at, row.accuracy_m) for row in rows}

        return await self._database.read(fixes)

    async def forget_fixes(self, before: datetime) -> int:
        def forget(connection: sa.Connection) -> int:
            return connection.execute(_old, {"before": before}).rowcount

        return await self._database.write(forget)


def _force_of(connection: sa.Connection, unit_id: str) -> str:
    row = connection.execute(_units.where(tables.unit.c.unit_id == unit_id)).first()
    if row is None:
        raise NotFound("there is no such unit")
    return str(row.force)


def _changed(connection: sa.Connection, force: str, action: str, shift: Shift, by: str) -> None:
    counters.advance(connection, counters.RIGHTS, 1)
    at = shift.ended_at or shift.started_at
    subject = f"{shift.unit_id} {shift.shift_id}"
    audit.append(connection, [Act(at, Kind.ALTERATION, by, force, action, subject, None)])


def _newer(new: Any, table: sa.Table) -> sa.ColumnElement[bool]:
    later: sa.ColumnElement[bool] = table.c.at < new["at"]
    return later


def _row(shift: Shift) -> dict[str, Any]:
    return {
        "shift_id": shift.shift_id,
        "unit_id": shift.unit_id,
        "crew": json.dumps(shift.crew),
        "operations": json.dumps(shift.operations),
        "started_at": shift.started_at,
        "ended_at": shift.ended_at,
    }


def _as_shift(row: sa.Row[Any]) -> Shift:
    return Shift(
        shift_id=row.shift_id,
        unit_id=row.unit_id,
        crew=tuple(json.loads(row.crew)),
        operations=tuple(json.loads(row.operations)),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _fix_row(unit_id: str, fix: Fix) -> dict[str, Any]:
    return {
        "unit_id": unit_id,
        "lat": fix.lat,
        "lon": fix.lon,
        "accuracy_m": fix.accuracy_m,
        "at": fix.at,
    }
