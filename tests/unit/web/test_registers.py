"""Cameras and units over REST."""

from typing import Any

import pytest

from anpr_match.ports.wake_up import Bell
from tests.unit.web.front_door import FrontDoor

CAMERA = {"camera_id": "CAM777", "force": "herts", "road": "A505", "lat": 51.9, "lon": -0.3}


async def test_a_camera_is_registered_with_a_token_that_works(door: FrontDoor) -> None:
    """The answer shows the token once; with it the camera may post its reads, and the bell is rung."""
    answer = await door.call("POST", "/v1/cameras", "operator", CAMERA)
    made = answer.json()
    assert answer.status_code == 201
    assert (made["camera_id"], made["zone"]) == ("CAM777", "Europe/London")
    assert Bell.REGISTERS in door.wake_up.rung
    read = {"camera_id": "CAM777", "captured_at": "2026-01-05T12:00:00Z", "plate": "AB01CDE"}
    assert (await door.call("POST", "/v1/reads", made["token"], read)).status_code == 202
    listed = (await door.call("GET", "/v1/cameras", "analyst")).json()
    assert "CAM777" in [camera["camera_id"] for camera in listed["items"]]
    assert "token" not in listed["items"][0]


async def test_a_unit_is_registered_with_a_token_that_works(door: FrontDoor) -> None:
    """With the token of the answer the unit may look at hits."""
    made = (
        await door.call("POST", "/v1/units", "operator", {"callsign": "HERTS CH-32", "force": "herts"})
    ).json()
    assert (await door.call("GET", "/v1/hits", made["token"])).status_code == 200
    listed = (await door.call("GET", "/v1/units", "analyst")).json()["items"]
    unit = {"unit_id": made["unit_id"], "callsign": "HERTS CH-32", "force": "herts"}
    assert listed == [{**unit, "shift": None, "position": None, "devices": []}]


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"camera_id": "CAM001"}, 409, None),
        ({"camera_id": "a/b"}, 422, "/camera_id"),
        ({"camera_id": ""}, 422, "/camera_id"),
        ({"zone": "Europe/Hertford"}, 422, "/zone"),
        ({"zone": "../../etc/passwd"}, 422, "/zone"),
        ({"lat": 91}, 422, "/lat"),
        ({"heading": 360}, 422, "/heading"),
        ({"force": "essex"}, 403, None),
        ({"registered": False}, 422, "/registered"),
    ],
)
async def test_a_bad_camera_is_refused(
    door: FrontDoor, change: dict[str, Any], status: int, pointer: str | None
) -> None:
    """Names taken, values out of bounds and other forces' cameras do not pass."""
    answer = await door.call("POST", "/v1/cameras", "operator", {**CAMERA, **change})
    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json().get("errors", [])] == ([pointer] if pointer else [])


async def test_a_callsign_is_given_once(door: FrontDoor) -> None:
    """A second unit of the same callsign is a conflict."""
    unit = {"callsign": "HERTS CH-32", "force": "herts"}
    answers = [await door.call("POST", "/v1/units", "operator", unit) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


async def test_cameras_are_paged(door: FrontDoor) -> None:
    """Cursors lead through all cameras once, in the order of their ids."""
    for n in range(3):
        await door.call("POST", "/v1/cameras", "operator", {**CAMERA, "camera_id": f"X{n}"})
    seen: list[str] = []
    path = "/v1/cameras?limit=2"
    while path:
        page = (await door.call("GET", path, "operator")).json()
        seen += [camera["camera_id"] for camera in page["items"]]
        path = f"/v1/cameras?limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == ["CAM001", "ESX1", "X0", "X1", "X2"]
