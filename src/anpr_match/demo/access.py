"""Who may do what in the demonstration: its cameras, its units, and a ready sign-in for each role."""

import json
from dataclasses import dataclass
from pathlib import Path

from anpr_match.domain.caller import Grant, NewToken, Role
from anpr_match.ports.clock import Clock
from anpr_match.ports.registers import Registers
from anpr_match.simulate import places

BY = "demo"
FORCE = "herts"
GATEWAY = "demonstration gateway"
FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Access:
    """`tokens` has a good token for each role; `gateways` one for the cameras of each force."""

    tokens: dict[str, str]
    gateways: dict[str, str]


async def prepare(registers: Registers, clock: Clock, folder: Path) -> Access:
    """Register what is not there yet. The tokens of an earlier run in this folder stay good, so that a
    page that is still open goes on."""
    gateways = await _gateways(registers, clock)
    known = {camera.camera_id for camera in await registers.cameras()}
    for camera in places.CAMERAS:
        if camera.camera_id not in known:
            await registers.add_camera(camera, BY, clock.now())
    tokens = await _earlier(registers, folder)
    tokens |= await _units(registers, clock)
    for role in Role:
        if role.value not in tokens:
            tokens[role.value] = (await _token(registers, clock, role)).token
    return Access({role.value: tokens[role.value] for role in Role}, gateways)


def write(folder: Path, url: str, access: Access) -> Path:
    """Write the address and the tokens for programs, readable by the owner alone."""
    path, fresh = folder / FILE, folder / f".{FILE}.new"
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"url": url, "tokens": access.tokens}, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


async def _gateways(registers: Registers, clock: Clock) -> dict[str, str]:
    """New tokens for the simulated cameras, one a force; those of earlier runs end."""
    for caller in await registers.tokens():
        if caller.name == GATEWAY:
            await registers.revoke_token(caller.token_id, BY, clock.now())
    forces = sorted(set(places.FORCE_OF.values()))
    made = {}
    for force in forces:
        new = await registers.create_token(
            Grant(Role.CAMERA, force, GATEWAY, all_cameras=True), BY, clock.now()
        )
        made[force] = new.token
    return made


async def _units(registers: Registers, clock: Clock) -> dict[str, str]:
    """Register the units; the patrol token when the first of them was new."""
    known = {unit.callsign for unit in await registers.units()}
    made = {}
    for callsign in places.UNITS:
        if callsign not in known:
            _, made[callsign] = await registers.add_unit(callsign, FORCE, BY, clock.now())
    own = made.get(places.UNITS[0])
    return {Role.PATROL.value: own.token} if own else {}


async def _earlier(registers: Registers, folder: Path) -> dict[str, str]:
    """The tokens of an earlier run that are still good for their role."""
    path = folder / FILE
    if not path.exists():
        return {}
    tokens = json.loads(path.read_text(encoding="utf-8")).get("tokens", {})
    good = {}
    for role, token in tokens.items():
        caller = await registers.caller(token)
        if caller is not None and caller.role == role:
            good[role] = token
    return good


async def _token(registers: Registers, clock: Clock, role: Role) -> NewToken:
    name = places.UNITS[0] if role is Role.PATROL else f"demonstration {role.value}"
    return await registers.create_token(
        Grant(role, FORCE, name, all_cameras=role is Role.CAMERA), BY, clock.now()
    )
