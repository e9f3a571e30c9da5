"""The registers of cameras and units over REST. Other tokens are made on the command line only."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import Forbidden
from anpr_match.ports.wake_up import Bell
from anpr_match.web import auth, documented, shifts
from anpr_match.web.services import Parts
from anpr_match.wire import cursor as wire_cursor
from anpr_match.wire import patrol as wire_patrol
from anpr_match.wire import register as wire

router = APIRouter(prefix="/v1", tags=["registers"], responses=documented.SIGNED_IN)

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1)]
Cursor = Annotated[str | None, Query(max_length=500)]


@router.get("/cameras", response_model=wire.CameraPage)
async def list_cameras(
    caller: auth.Overseer, parts: Parts, limit: Limit = 100, cursor: Cursor = None
) -> wire.CameraPage:
    """The registered cameras of all forces, by id."""
    cameras = await parts.registers.cameras()
    page, following = _page(
        cameras, lambda camera: camera.camera_id, cursor, min(limit, parts.limits.page_max)
    )
    return wire.CameraPage(items=[wire.camera_out(camera) for camera in page], next=following)


@router.post("/cameras", status_code=201, response_model=wire.NewCameraOut, responses=documented.CREATE)
async def add_camera(camera: wire.CameraIn, caller: auth.Operator, parts: Parts) -> wire.NewCameraOut:
    """Register a camera of the operator's force; answers its token, once."""
    _own(caller, camera.force)
    made = await parts.registers.add_camera(camera.camera(), caller.token_id, parts.clock.now())
    await parts.wake_up.ring(Bell.REGISTERS)
    return wire.new_camera_out(camera.camera(), made)


@router.get("/units", response_model=wire_patrol.UnitStatePage)
async def list_units(
    caller: auth.Overseer, parts: Parts, limit: Limit = 100, cursor: Cursor = None
) -> wire_patrol.UnitStatePage:
    """The registered units of all forces, by id: which are on shift, and what was delivered; of the caller's
    own force also where they are and who is in the car, which is null for others."""
    units = await parts.registers.units()
    page, following = _page(units, lambda unit: unit.unit_id, cursor, min(limit, parts.limits.page_max))
    return wire_patrol.UnitStatePage(items=await shifts.states(page, caller, parts), next=following)


@router.post("/units", status_code=201, response_model=wire.NewUnitOut, responses=documented.CREATE)
async def add_unit(unit: wire.UnitIn, caller: auth.Operator, parts: Parts) -> wire.NewUnitOut:
    """Register a patrol unit of the operator's force; answers its token, once."""
    _own(caller, unit.force)
    added, made = await parts.registers.add_unit(
        unit.callsign, unit.force, caller.token_id, parts.clock.now()
    )
    return wire.new_unit_out(added, made)


def _own(caller: Caller, force: str) -> None:
    if caller.force != force:
        raise Forbidden("an operator registers for the own force only")


def _page(
    rows: Sequence[T], name: Callable[[T], str], cursor: str | None, limit: int
) -> tuple[Sequence[T], str | None]:
    """The rows, ordered by name, that follow the page before, and the cursor of the page after."""
    last = "" if cursor is None else wire_cursor.last_id(cursor)
    rest = [row for row in sorted(rows, key=name) if name(row) > last]
    page = rest[:limit]
    return page, wire_cursor.cursor(name(page[-1])) if len(rest) > limit else None
