"""Who is calling: the bearer of a token, with role and force."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    CAMERA = "camera"
    PATROL = "patrol"
    ANALYST = "analyst"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """A token that was good when it was looked up.

    `camera_id` bounds a camera's token to that camera; None with `all_cameras` is a gateway that may
    post for every camera. `unit_id` is set for a patrol token made with its unit.
    """

    token_id: str
    role: Role
    force: str
    name: str
    camera_id: str | None = None
    unit_id: str | None = None
    all_cameras: bool = False


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown once, at making; only its SHA-256 is kept."""

    token: str
    caller: Caller
