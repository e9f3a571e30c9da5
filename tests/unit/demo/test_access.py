"""Who may do what in the demonstration."""

import json
import stat
from pathlib import Path

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.demo import access
from anpr_match.domain.caller import Role
from anpr_match.simulate import places

URL = "http://127.0.0.1:8000"


async def test_there_is_a_good_token_for_each_role(tmp_path: Path) -> None:
    """Each role has a token that the service knows, and each force a gateway for its cameras."""
    registers = MemoryRegisters(Ledger())
    made = await access.prepare(registers, WoundClock(), tmp_path)
    for role in Role:
        caller = await registers.caller(made.tokens[role.value])
        assert caller is not None
        assert caller.role is role
    assert set(made.gateways) == set(places.FORCE_OF.values())
    assert {camera.camera_id for camera in await registers.cameras()} == set(places.FORCE_OF)
    assert {unit.callsign for unit in await registers.units()} == set(places.UNITS)


async def test_tokens_stay_good_over_a_restart(tmp_path: Path) -> None:
    """Started again on the same folder, the sign-ins are the same; the gateways' old tokens end."""
    registers, clock = MemoryRegisters(Ledger()), WoundClock()
    first = await access.prepare(registers, clock, tmp_path)
    access.write(tmp_path, URL, first)
    again = await access.prepare(registers, clock, tmp_path)
    assert again.tokens == first.tokens
    assert await registers.caller(first.gateways["kent"]) is None
    assert await registers.caller(again.gateways["kent"]) is not None


async def test_tokens_of_another_folder_are_not_trusted(tmp_path: Path) -> None:
    """A file whose tokens nobody knows is replaced by good ones."""
    clock = WoundClock()
    first = await access.prepare(MemoryRegisters(Ledger()), clock, tmp_path)
    access.write(tmp_path, URL, first)
    registers = MemoryRegisters(Ledger())
    second = await access.prepare(registers, clock, tmp_path)
    assert await registers.caller(second.tokens["patrol"]) is not None
    assert second.tokens != first.tokens


async def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    """The file with the tokens has the mode 600, also when one with a wider mode was there."""
    made = await access.prepare(MemoryRegisters(Ledger()), WoundClock(), tmp_path)
    (tmp_path / access.FILE).touch(mode=0o644)
    path = access.write(tmp_path, URL, made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"url": URL, "tokens": made.tokens}
