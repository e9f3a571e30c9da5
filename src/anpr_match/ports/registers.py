"""The registers: forces, cameras, units, and who may call."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from anpr_match.domain.caller import Caller, Grant, NewToken
from anpr_match.domain.camera import Camera
from anpr_match.domain.unit import Unit


class Registers(Protocol):
    """Each change is one transaction with its audit record. `by` names who made it."""

    async def forces(self) -> list[str]: ...

    async def add_camera(self, camera: Camera, by: str, at: datetime) -> NewToken:
        """Register the camera and make its token. Raises `AlreadyExists`, `Refused` (force)."""
        ...

    async def cameras(self) -> list[Camera]: ...

    async def add_unit(self, callsign: str, force: str, by: str, at: datetime) -> tuple[Unit, NewToken]:
        """Register the unit and make its patrol token. Raises `AlreadyExists`, `Refused` (force)."""
        ...

    async def units(self) -> list[Unit]: ...

    async def create_token(self, grant: Grant, by: str, at: datetime) -> NewToken: ...

    async def tokens(self) -> list[Caller]:
        """The tokens that are good, without their secrets."""
        ...

    async def revoke_token(self, token_id: str, by: str, at: datetime) -> None:
        """Raises `NotFound`."""
        ...

    async def caller(self, token: str) -> Caller | None:
        """Who bears this token; None if nobody does or it was revoked."""
        ...

    async def bearers(self, token_ids: Collection[str]) -> dict[str, Caller]:
        """Who bears these tokens, without those that were revoked."""
        ...

    async def rights_revision(self) -> int:
        """A number that has grown whenever a right was taken away or may have been: a token revoked, a
        shift begun or ended, a feed taken over by another connection of its device."""
        ...
