"""Cameras and units on the wire."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from anpr_match.domain.caller import NewToken
from anpr_match.domain.camera import Camera
from anpr_match.domain.unit import Unit
from anpr_match.wire.fields import ForceCode, Word


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("unknown_zone", "a zone is an IANA name such as Europe/London") from None
    return name


CameraId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/?#]+$"),
]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]


class CameraIn(BaseModel):
    """A camera to register. `heading` is degrees from north that the traffic it reads travels."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"camera_id": "CAM001", "force": "herts", "road": "A1081", "lat": 51.8325, "lon": -0.3895}
            ]
        },
    )

    camera_id: CameraId
    force: ForceCode
    name: Word | None = None
    road: Word | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    heading: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = None
    zone: Zone = "Europe/London"
    engine: Word | None = None

    def camera(self) -> Camera:
        return Camera(**{name: getattr(self, name) for name in type(self).model_fields})


class CameraOut(BaseModel):
    """A registered camera."""

    camera_id: str
    force: str | None
    name: str | None
    road: str | None
    lat: float | None
    lon: float | None
    heading: float | None
    zone: str
    engine: str | None


class NewCameraOut(CameraOut):
    """A camera just registered, with its token: shown this once, and kept only as a hash."""

    token_id: str
    token: str


class CameraPage(BaseModel):
    items: list[CameraOut]
    next: str | None


class UnitIn(BaseModel):
    """A patrol car or crew to register. The callsign is unique over all forces."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"callsign": "HERTS CH-32", "force": "herts"}]}
    )

    callsign: Word
    force: ForceCode


class UnitOut(BaseModel):
    unit_id: str
    callsign: str
    force: str


class NewUnitOut(UnitOut):
    """A unit just registered, with its patrol token: shown this once, and kept only as a hash."""

    token_id: str
    token: str


def camera_out(camera: Camera) -> CameraOut:
    return CameraOut(**{name: getattr(camera, name) for name in CameraOut.model_fields})


def new_camera_out(camera: Camera, made: NewToken) -> NewCameraOut:
    known = camera_out(camera).model_dump()
    return NewCameraOut(**known, token_id=made.caller.token_id, token=made.token)


def unit_out(unit: Unit) -> UnitOut:
    return UnitOut(unit_id=unit.unit_id, callsign=unit.callsign, force=unit.force)


def new_unit_out(unit: Unit, made: NewToken) -> NewUnitOut:
    return NewUnitOut(**unit_out(unit).model_dump(), token_id=made.caller.token_id, token=made.token)
