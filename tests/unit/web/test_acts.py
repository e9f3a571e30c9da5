"""Officers' acts over REST."""

from typing import Any

import httpx
import pytest

from tests.unit.web.front_door import FrontDoor


async def _hit(door: FrontDoor, **terms: Any) -> str:
    entry = await door.listed(**terms)
    return await door.hit(entry["entry_id"], "r1")


async def _act(
    door: FrontDoor, hit_id: str, body: Any = None, who: str = "patrol", **headers: str
) -> httpx.Response:
    return await door.call("POST", f"/v1/hits/{hit_id}/acknowledgements", who, body, **headers)


async def _outcome(door: FrontDoor, hit_id: str, body: Any, who: str = "patrol") -> httpx.Response:
    return await door.call("POST", f"/v1/hits/{hit_id}/outcomes", who, body)


async def _log(door: FrontDoor) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await door.call("GET", "/v1/hits", "patrol")).json()["items"]
    return items


@pytest.mark.parametrize("body", [None, {}])
async def test_the_least_acknowledgement(door: FrontDoor, body: Any) -> None:
    """Nothing at all, or `{}`, acknowledges; the answer, the log and the hit alone agree."""
    hit_id = await _hit(door)
    answer = await _act(door, hit_id, body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["status"], told["acts"][0]["kind"], told["entry"]["plate"]) == (
        "acknowledged", "acknowledge", "AB01CDE",
    )  # fmt: skip
    assert (await door.call("GET", f"/v1/hits/{hit_id}", "kent patrol")).json() == told
    first, second = await _log(door)
    assert (second["type"], second["prev"], second["hit"]) == ("hit.updated", first["seq"], told)


async def test_an_act_that_is_sent_twice(door: FrontDoor) -> None:
    """200 and nothing new: by the same words, by `act_id`, or by `Idempotency-Key`."""
    hit_id = await _hit(door)
    offline = {"kind": "take", "act_id": "7f"}
    misread = {"kind": "not_it", "answer": "misread"}
    answers = [await _act(door, hit_id), await _act(door, hit_id)]
    answers += [await _act(door, hit_id, offline), await _act(door, hit_id, offline)]
    answers += [await _act(door, hit_id, misread, Idempotency_Key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200, 201, 200, 201, 200]
    assert len(await _log(door)) == 4


async def test_an_id_used_for_another_act(door: FrontDoor) -> None:
    """422 that points at the id."""
    hit_id = await _hit(door)
    await _act(door, hit_id, {"act_id": "1"})
    answer = await _act(door, hit_id, {"act_id": "1", "kind": "take"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/act_id"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"kind": "not_it"}, "/answer", "answer_missing"),
        ({"kind": "take", "answer": "misread"}, "/answer", "answer_unfit"),
        ({"kind": "not_it", "answer": "wrong"}, "/answer", "literal_error"),
        ({"kind": "salute"}, "/kind", "literal_error"),
        ({"at": "yesterday"}, "/at", "time_form"),
        ({"plate_true": " "}, "/plate_true", "string_too_short"),
        ({"who": "me"}, "/who", "extra_forbidden"),
    ],
)
async def test_what_is_no_act(door: FrontDoor, body: Any, pointer: str, code: str) -> None:
    """A body that breaks a rule is refused with a pointer, and nothing is recorded."""
    hit_id = await _hit(door)
    answer = await _act(door, hit_id, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert len(await _log(door)) == 1


async def test_outcomes(door: FrontDoor) -> None:
    """An outcome closes the hit; what it says of the plate is stated, or follows from it."""
    hit_id = await _hit(door)
    told = (await _outcome(door, hit_id, {"outcome": "dogs_seized", "note": "two lurchers"})).json()
    assert (told["status"], told["outcome"], told["answer"]) == ("closed", "dogs_seized", "right")
    assert told["acts"][0]["note"] == "two lurchers"
    assert (await _outcome(door, hit_id, {})).json()["errors"][0]["pointer"] == "/outcome"


async def test_who_may_act(door: FrontDoor) -> None:
    """Units and analysts who may see the hit; for others it is not there."""
    hit_id = await _hit(door, shared_with=["herts"])
    assert (await _act(door, hit_id, {}, "analyst")).status_code == 201
    for who, status in (("kent patrol", 404), ("operator", 403), ("camera", 403), ("nobody", 401)):
        assert (await _act(door, hit_id, {}, who)).status_code == status
        assert (await _outcome(door, hit_id, {"outcome": "stopped"}, who)).status_code == status
    assert (await _act(door, "h-none")).status_code == 404


async def test_an_act_from_a_clock_that_is_off(door: FrontDoor) -> None:
    """A time that is still to come counts as now; one before is told as it was sent."""
    hit_id = await _hit(door)
    ahead, before = "2030-01-01T00:00:00Z", "2026-01-05T11:58:00Z"
    first = (await _act(door, hit_id, {"at": ahead})).json()["acts"][0]
    assert first["at"] == first["recorded_at"]
    assert (await _act(door, hit_id, {"kind": "take", "at": before})).json()["taken_by"]["at"] == before
