"""The registers in SQL: forces, cameras, units and tokens."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from anpr_match.backends.sql import audit, counters, tables
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.patrols import off_shift
from anpr_match.domain.caller import Caller, Grant, NewToken, Role, check_bounds
from anpr_match.domain.camera import Camera
from anpr_match.domain.errors import AlreadyExists, NotFound, Problem, Refused
from anpr_match.domain.unit import Unit
from anpr_match.ports.audit import Act, Kind
from anpr_match.wire import token as wire_token

_IDS_AT_ONCE = 500

_token = tables.token
_forces = sa.select(tables.force.c.code).order_by(tables.force.c.code)
_cameras = sa.select(tables.camera).order_by(tables.camera.c.camera_id)
_units = sa.select(tables.unit).order_by(tables.unit.c.callsign)
_good = (
    sa.select(_token).where(_token.c.revoked_at.is_(None)).order_by(_token.c.created_at, _token.c.token_id)
)
_callers = sa.select(_token, off_shift(_token.c.unit_id).label("off_shift")).where(
    _token.c.revoked_at.is_(None)
)
_bearer = _callers.where(_token.c.digest == sa.bindparam("of"))
_bearers = _callers.where(_token.c.token_id.in_(sa.bindparam("ids", expanding=True)))
_rights = sa.select(counters.value(counters.RIGHTS).label("value"))
_revoke = (
    sa.update(_token)
    .where(_token.c.token_id == sa.bindparam("of"), _token.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)


class SqlRegisters:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def forces(self) -> list[str]:
        return [row.code for row in await self._rows(_forces)]

    async def add_camera(self, camera: Camera, by: str, at: datetime) -> NewToken:
        new = wire_token.new_token(
            Role.CAMERA, camera.force or "", camera.camera_id, camera_id=camera.camera_id
        )

        def add(connection: sa.Connection) -> NewToken:
            _know_force(connection, camera.force)
            _insert(connection, tables.camera, _camera_row(camera, at), "a camera of this id")
            _insert(connection, _token, _token_row(new, at), "a token of this id")
            acts = [
                _act(at, by, camera.force, "camera.added", camera.camera_id),
                _act(at, by, camera.force, "token.created", new.caller.token_id),
            ]
            audit.append(connection, acts)
            return new

        return await self._database.write(add)

    async def cameras(self) -> list[Camera]:
        return [_camera(row) for row in await self._rows(_cameras)]

    async def add_unit(self, callsign: str, force: str, by: str, at: datetime) -> tuple[Unit, NewToken]:
        unit = Unit("u-" + secrets.token_hex(8), callsign, force)
        new = wire_token.new_token(Role.PATROL, force, callsign, unit_id=unit.unit_id)

        def add(connection: sa.Connection) -> tuple[Unit, NewToken]:
            _know_force(connection, force)
            row = {"unit_id": unit.unit_id, "callsign": callsign, "force": force, "added_at": at}
            _insert(connection, tables.unit, row, "a unit of this callsign")
            _insert(connection, _token, _token_row(new, at), "a token of this id")
            acts = [
                _act(at, by, force, "unit.added", unit.unit_id),
                _act(at, by, force, "token.created", new.caller.token_id),
            ]
            audit.append(connection, acts)
            return unit, new

        return await self._database.write(add)

    async def units(self) -> list[Unit]:
        return [Unit(row.unit_id, row.callsign, row.force) for row in await self._rows(_units)]

    async def create_token(self, grant: Grant, by: str, at: datetime) -> NewToken:
        check_bounds(grant.role, grant.camera_id, grant.all_cameras)
        new = wire_token.new_token(
            grant.role, grant.force, grant.name, camera_id=grant.camera_id, all_cameras=grant.all_cameras
        )

        def create(connection: sa.Connection) -> NewToken:
            _know_force(connection, grant.force)
            if grant.camera_id is not None:
                _know_camera(connection, grant.camera_id)
            _insert(connection, _token, _token_row(new, at), "a token of this id")
            audit.append(connection, [_act(at, by, grant.force, "token.created", new.caller.token_id)])
            return new

        return await self._database.write(create)

    async def tokens(self) -> list[Caller]:
        return [_caller(row) for row in await self._rows(_good)]

    async def revoke_token(self, token_id: str, by: str, at: datetime) -> None:
        def revoke(connection: sa.Connection) -> None:
            done = connection.execute(_revoke, {"of": token_id, "at": at})
            if done.rowcount != 1:
                raise NotFound("there is no such token")
            counters.advance(connection, counters.RIGHTS, 1)
            audit.append(connection, [_act(at, by, None, "token.revoked", token_id)])

        await self._database.write(revoke)

    async def caller(self, token: str) -> Caller | None:
        if not token.startswith(wire_token.PREFIX):
            return None
        rows = await self._rows(_bearer, {"of": wire_token.digest(token)})
        return _caller(rows[0], off_shift=rows[0].off_shift) if rows else None

    async def bearers(self, token_ids: Collection[str]) -> dict[str, Caller]:
        ids = sorted(token_ids)
        found: dict[str, Caller] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            for row in await self._rows(_bearers, {"ids": ids[start : start + _IDS_AT_ONCE]}):
                found[row.token_id] = _caller(row, off_shift=row.off_shift)
        return found

    async def rights_revision(self) -> int:
        revision: int = (await self._rows(_rights))[0].value
        return revision

    async def _rows(
        self, statement: sa.Select[Any], values: dict[str, Any] | None = None
    ) -> Sequence[sa.Row[Any]]:
        def rows(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
            found: Sequence[sa.Row[Any]] = connection.execute(statement, values or {}).all()
            return found

        return await self._database.read(rows)


def _insert(connection: sa.Connection, table: sa.Table, row: dict[str, Any], what: str) -> None:
    try:
        connection.execute(sa.insert(table), row)
    except IntegrityError:
        # Not chained: the database's message quotes what was sent.
        raise AlreadyExists(f"{what} is there already") from None


def _know_force(connection: sa.Connection, force: str | None) -> None:
    found = sa.select(tables.force.c.code).where(tables.force.c.code == force)
    if force is None or connection.execute(found).first() is None:
        raise Refused([Problem("/force", "force", "this force is not in the register")])


def _know_camera(connection: sa.Connection, camera_id: str) -> None:
    found = sa.select(tables.camera.c.camera_id).where(tables.camera.c.camera_id == camera_id)
    if connection.execute(found).first() is None:
        raise Refused([Problem("/camera_id", "camera_id", "this camera is not in the register")])


def _act(at: datetime, by: str, force: str | None, action: str, subject: str) -> Act:
    return Act(at, Kind.ALTERATION, by, force, action, subject, None)


def _camera_row(camera: Camera, at: datetime) -> dict[str, Any]:
    return {
        "camera_id": camera.camera_id,
        "force": camera.force,
        "name": camera.name,
        "road": camera.road,
        "lat": camera.lat,
        "lon": camera.lon,
        "heading": camera.heading,
        "zone": camera.zone,
        "engine": camera.engine,
        "added_at": at,
    }


def _camera(row: sa.Row[Any]) -> Camera:
    return Camera(
        camera_id=row.camera_id,
        force=row.force,
        name=row.name,
        road=row.road,
        lat=row.lat,
        lon=row.lon,
        heading=row.heading,
        zone=row.zone,
        engine=row.engine,
    )


def _token_row(new: NewToken, at: datetime) -> dict[str, Any]:
    caller = new.caller
    return {
        "token_id": caller.token_id,
        "digest": wire_token.digest(new.token),
        "role": caller.role.value,
        "force": caller.force,
        "name": caller.name,
        "camera_id": caller.camera_id,
        "unit_id": caller.unit_id,
        "all_cameras": caller.all_cameras,
        "created_at": at,
        "revoked_at": None,
    }


def _caller(row: sa.Row[Any], *, off_shift: bool = False) -> Caller:
    return Caller(
        token_id=row.token_id,
        role=Role(row.role),
        force=row.force,
        name=row.name,
        camera_id=row.camera_id,
        unit_id=row.unit_id,
        all_cameras=row.all_cameras,
        off_shift=bool(off_shift),
    )
