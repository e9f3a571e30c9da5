"""Who may be given which token."""

import pytest

from anpr_match.domain.caller import Role, check_bounds
from anpr_match.domain.errors import Refused


@pytest.mark.parametrize(("camera_id", "all_cameras"), [("CAM001", False), (None, True)])
def test_tokens_of_cameras(camera_id: str | None, all_cameras: bool) -> None:
    """A camera's token is for one camera, or for all."""
    check_bounds(Role.CAMERA, camera_id, all_cameras)


@pytest.mark.parametrize(("camera_id", "all_cameras"), [("CAM001", True), (None, False)])
def test_tokens_of_no_camera(camera_id: str | None, all_cameras: bool) -> None:
    """A camera's token that is for none, or for one and all, is refused with a pointer."""
    with pytest.raises(Refused) as refused:
        check_bounds(Role.CAMERA, camera_id, all_cameras)
    assert refused.value.problems[0].pointer == "/camera_id"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CAMERA])
def test_tokens_of_others(role: Role) -> None:
    """No other token is for cameras."""
    check_bounds(role, None, all_cameras=False)
    for camera_id, all_cameras in (("CAM001", False), (None, True)):
        with pytest.raises(Refused):
            check_bounds(role, camera_id, all_cameras)
