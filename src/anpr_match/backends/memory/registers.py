"""The registers in memory."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.domain.caller import Caller, Grant, NewToken, Role, check_bounds
from anpr_match.domain.camera import Camera
from anpr_match.domain.errors import AlreadyExists, NotFound, Problem, Refused
from anpr_match.domain.unit import Unit
from anpr_match.ports.audit import Act, Kind
from anpr_match.wire import token as wire_token


class MemoryRegisters:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def forces(self) -> list[str]:
        await self._ledger.reach()
        return list(self._ledger.forces)

    async def add_camera(self, camera: Camera, by: str, at: datetime) -> NewToken:
        force = await self._known_force(camera.force)
        if camera.camera_id in self._ledger.cameras:
            raise AlreadyExists("a camera of this id is there already")
        self._ledger.cameras[camera.camera_id] = camera
        self._note(at, by, force, "camera.added", camera.camera_id)
        new = wire_token.new_token(Role.CAMERA, force, camera.camera_id, camera_id=camera.camera_id)
        return self._keep(new, by, at)

    async def cameras(self) -> list[Camera]:
        await self._ledger.reach()
        return [camera for _, camera in sorted(self._ledger.cameras.items())]

    async def add_unit(self, callsign: str, force: str, by: str, at: datetime) -> tuple[Unit, NewToken]:
        await self._known_force(force)
        if callsign in self._ledger.units:
            raise AlreadyExists("a unit of this callsign is there already")
        unit = Unit("u-" + secrets.token_hex(8), callsign, force)
        self._ledger.units[callsign] = unit
        self._note(at, by, force, "unit.added", unit.unit_id)
        new = wire_token.new_token(Role.PATROL, force, callsign, unit_id=unit.unit_id)
        return unit, self._keep(new, by, at)

    async def units(self) -> list[Unit]:
        await self._ledger.reach()
        return [unit for _, unit in sorted(self._ledger.units.items())]

    async def create_token(self, grant: Grant, by: str, at: datetime) -> NewToken:
        check_bounds(grant.role, grant.camera_id, grant.all_cameras)
        await self._known_force(grant.force)
        if grant.camera_id is not None and grant.camera_id not in self._ledger.cameras:
            raise Refused([Problem("/camera_id", "camera_id", "this camera is not in the register")])
        new = wire_token.new_token(
            grant.role, grant.force, grant.name, camera_id=grant.camera_id, all_cameras=grant.all_cameras
        )
        return self._keep(new, by, at)

    async def tokens(self) -> list[Caller]:
        await self._ledger.reach()
        return [new.caller for new in self._ledger.tokens.values()]

    async def revoke_token(self, token_id: str, by: str, at: datetime) -> None:
        await self._ledger.reach()
        if self._ledger.tokens.pop(token_id, None) is None:
            raise NotFound("there is no such token")
        self._ledger.rights_revision += 1
        self._note(at, by, None, "token.revoked", token_id)

    async def caller(self, token: str) -> Caller | None:
        await self._ledger.reach()
        return next((self._now(new) for new in self._ledger.tokens.values() if new.token == token), None)

    async def bearers(self, token_ids: Collection[str]) -> dict[str, Caller]:
        await self._ledger.reach()
        tokens = self._ledger.tokens
        return {token_id: self._now(tokens[token_id]) for token_id in token_ids if token_id in tokens}

    async def rights_revision(self) -> int:
        await self._ledger.reach()
        return self._ledger.rights_revision

    def _now(self, new: NewToken) -> Caller:
        unit_id = new.caller.unit_id
        off_shift = unit_id is not None and self._ledger.is_off_shift(unit_id)
        return replace(new.caller, off_shift=off_shift)

    async def _known_force(self, force: str | None) -> str:
        await self._ledger.reach()
        if force is None or force not in self._ledger.forces:
            raise Refused([Problem("/force", "force", "this force is not in the register")])
        return force

    def _keep(self, new: NewToken, by: str, at: datetime) -> NewToken:
        self._ledger.tokens[new.caller.token_id] = new
        self._note(at, by, new.caller.force, "token.created", new.caller.token_id)
        return new

    def _note(self, at: datetime, by: str, force: str | None, action: str, subject: str) -> None:
        self._ledger.append_audit([Act(at, Kind.ALTERATION, by, force, action, subject, None)])
