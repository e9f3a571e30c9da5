"""What every register guarantees."""

import asyncio
from collections.abc import Callable

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.caller import Caller, Grant, NewToken, Role
from anpr_match.domain.camera import Camera
from anpr_match.domain.errors import AlreadyExists, NotFound, Refused
from anpr_match.domain.watchlist import FORCES
from tests.contract.makers import A505, A1081
from tests.contract.stores import Stores


async def test_forces(stores: Stores) -> None:
    """The forces of the agreement are there from the start."""
    assert await stores.registers.forces() == sorted(FORCES)


async def test_cameras(stores: Stores) -> None:
    """A registered camera comes back as it was given, in order of ids, with nothing made up."""
    bare = Camera("CAM003", "kent")
    for camera in (A505, A1081, bare):
        await stores.registers.add_camera(camera, "t-1", START)
    assert await stores.registers.cameras() == [A1081, A505, bare]


async def test_a_camera_has_its_token(stores: Stores) -> None:
    """A camera's token is for that camera alone, and of its force."""
    new = await stores.registers.add_camera(A1081, "t-1", START)
    caller = await stores.registers.caller(new.token)
    assert caller == new.caller
    assert (caller.role, caller.force, caller.camera_id, caller.all_cameras) == (
        Role.CAMERA,
        "herts",
        "CAM001",
        False,
    )


async def test_camera_twice(stores: Stores) -> None:
    """A camera's id can be taken once, and the second try makes no token."""
    await stores.registers.add_camera(A1081, "t-1", START)
    with pytest.raises(AlreadyExists):
        await stores.registers.add_camera(A1081, "t-1", START)
    assert len(await stores.registers.tokens()) == 1


@pytest.mark.parametrize("force", [None, "", "HERTS", "atlantis"])
async def test_unknown_force(stores: Stores, force: str | None) -> None:
    """A force that is not in the register is refused with a pointer to it, and nothing is made."""
    with pytest.raises(Refused) as refused:
        await stores.registers.add_camera(Camera("CAM001", force), "t-1", START)
    assert refused.value.problems[0].pointer == "/force"
    with pytest.raises(Refused):
        await stores.registers.add_unit("CH-32", force or "", "t-1", START)
    with pytest.raises(Refused):
        await stores.registers.create_token(Grant(Role.ANALYST, force or "", "desk"), "t-1", START)
    assert await stores.registers.tokens() == []
    assert await stores.registers.cameras() == []


async def test_units(stores: Stores) -> None:
    """A unit has a patrol token that names it; its callsign can be taken once."""
    unit, new = await stores.registers.add_unit("HERTS CH-32", "herts", "t-1", START)
    other, _ = await stores.registers.add_unit("BEDS CH-1", "beds", "t-1", START)
    assert await stores.registers.units() == [other, unit]
    caller = await stores.registers.caller(new.token)
    assert caller is not None
    assert (caller.role, caller.unit_id, caller.name) == (Role.PATROL, unit.unit_id, "HERTS CH-32")
    with pytest.raises(AlreadyExists):
        await stores.registers.add_unit("HERTS CH-32", "kent", "t-1", START)


async def test_tokens(stores: Stores) -> None:
    """A token says whose it is, in every process, and the listing shows no secret."""
    new = await stores.registers.create_token(Grant(Role.ANALYST, "herts", "desk 4"), "t-1", START)
    assert new.caller == Caller(new.caller.token_id, Role.ANALYST, "herts", "desk 4")
    assert await stores.registers.caller(new.token) == new.caller
    assert await stores.registers.tokens() == [new.caller]
    assert new.token not in repr(await stores.registers.tokens())
    assert new.token.startswith("anpr_")
    assert len(new.token) >= 48


async def test_tokens_differ(stores: Stores) -> None:
    """No two tokens are alike."""
    made = [
        await stores.registers.create_token(Grant(Role.OPERATOR, "kent", "ops"), "t-1", START)
        for _ in range(5)
    ]
    assert len({new.token for new in made}) == 5
    assert len({new.caller.token_id for new in made}) == 5


@pytest.mark.parametrize(
    "token", ["", "anpr_", "anpr_nobody", "Bearer x", "anpr_\0", "anpr_\ud800", "é" * 600]
)
async def test_no_token(stores: Stores, token: str) -> None:
    """A text that is no token is nobody's, whatever it is made of."""
    await stores.registers.create_token(Grant(Role.ANALYST, "herts", "desk 4"), "t-1", START)
    assert await stores.registers.caller(token) is None


async def test_revoke(stores: Stores, another: Callable[[], Stores]) -> None:
    """A revoked token is nobody's at once, in every process, and cannot be revoked again."""
    other = another()
    new = await stores.registers.create_token(Grant(Role.ANALYST, "herts", "desk 4"), "t-1", START)
    kept = await stores.registers.create_token(Grant(Role.PATROL, "herts", "car"), "t-1", START)
    assert await other.registers.caller(new.token) == new.caller
    await stores.registers.revoke_token(new.caller.token_id, "t-1", START)
    assert await other.registers.caller(new.token) is None
    assert await other.registers.tokens() == [kept.caller]
    with pytest.raises(NotFound):
        await other.registers.revoke_token(new.caller.token_id, "t-1", START)
    with pytest.raises(NotFound):
        await other.registers.revoke_token("t-nobody", "t-1", START)


async def test_gateway_token(stores: Stores) -> None:
    """A gateway's token is for all cameras; it names none."""
    new = await stores.registers.create_token(
        Grant(Role.CAMERA, "herts", "gateway", all_cameras=True), "t-1", START
    )
    caller = await stores.registers.caller(new.token)
    assert caller is not None
    assert (caller.camera_id, caller.all_cameras) == (None, True)


async def test_bounds_of_tokens(stores: Stores) -> None:
    """A camera's token says which cameras it is for; no other token does."""
    await stores.registers.add_camera(A1081, "t-1", START)
    create = stores.registers.create_token
    await create(Grant(Role.CAMERA, "herts", "spare", "CAM001"), "t-1", START)
    wrong: list[tuple[Role, str | None, bool]] = [
        (Role.CAMERA, None, False),
        (Role.CAMERA, "CAM001", True),
        (Role.CAMERA, "CAM999", False),
        (Role.ANALYST, "CAM001", False),
        (Role.PATROL, None, True),
    ]
    for role, camera_id, all_cameras in wrong:
        with pytest.raises(Refused):
            await create(Grant(role, "herts", "x", camera_id, all_cameras), "t-1", START)
    assert len(await stores.registers.tokens()) == 2


async def test_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """Of several who register the same camera at once, one does."""
    processes = [stores, another(), another()]
    tries = [process.registers.add_camera(A1081, "t-1", START) for process in processes]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, NewToken) for result in results) == 1
    assert sum(isinstance(result, AlreadyExists) for result in results) == 2
    assert await stores.audit.verify() is None


async def test_changes_are_audited(stores: Stores) -> None:
    """Each change of a register is on record, without secrets."""
    camera = await stores.registers.add_camera(A1081, "t-1", START)
    unit, patrol = await stores.registers.add_unit("CH-32", "herts", "t-1", START)
    await stores.registers.revoke_token(patrol.caller.token_id, "t-2", START)
    records = [record async for record in stores.audit.records()]
    assert [(r.action, r.subject, r.by) for r in records] == [
        ("camera.added", "CAM001", "t-1"),
        ("token.created", camera.caller.token_id, "t-1"),
        ("unit.added", unit.unit_id, "t-1"),
        ("token.created", patrol.caller.token_id, "t-1"),
        ("token.revoked", patrol.caller.token_id, "t-2"),
    ]
    assert camera.token not in repr(records)
    assert await stores.audit.verify() is None
