"""Who is calling: the bearer of a token, with role and force."""

from dataclasses import dataclass
from enum import StrEnum

from anpr_match.domain.errors import Problem, Refused


class Role(StrEnum):
    CAMERA = "camera"
    PATROL = "patrol"
    ANALYST = "analyst"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """A token that was good when it was looked up.

    `camera_id` bounds a camera's token to that camera; None with `all_cameras` is a gateway that may
    post for every camera. `unit_id` is set for a patrol token made with its unit; `off_shift` when
    that unit keeps shifts and has none now.
    """

    token_id: str
    role: Role
    force: str
    name: str
    camera_id: str | None = None
    unit_id: str | None = None
    all_cameras: bool = False
    off_shift: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is to be made for; the fields mean what they mean for a `Caller`."""

    role: Role
    force: str
    name: str
    camera_id: str | None = None
    all_cameras: bool = False


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown once, at making; only its SHA-256 is kept."""

    token: str
    caller: Caller


def check_bounds(role: Role, camera_id: str | None, all_cameras: bool) -> None:
    """Raises `Refused` unless exactly the tokens of cameras say which cameras they are for."""
    bounded = camera_id is not None
    if role is Role.CAMERA and bounded == all_cameras:
        detail = "a camera's token is for one camera of the register, or for all cameras"
        raise Refused([Problem("/camera_id", "camera_id", detail)])
    if role is not Role.CAMERA and (bounded or all_cameras):
        raise Refused([Problem("/role", "role", "only a camera's token is for cameras")])
