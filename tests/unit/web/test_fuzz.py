"""Whatever is sent, the door answers; it never breaks, and keeps nothing that a database cannot."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from anpr_match.wire.watchlist import EntryIn
from tests.unit.web.front_door import FrontDoor
from tests.unit.web.test_reads import LEAST

EXAMPLES = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FIELDS = st.sampled_from([*EntryIn.model_fields, "entry_id", "version", "state", "vrm", "__class__"])
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["AB01?DE", "A*", "0", "\x00", "\ud800", "herts", "2027-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def check(status: int, media_type: str, body: bytes) -> None:
    """A good answer, or a refusal as problem+json that does not blame us."""
    assert status < 500, body
    if status >= 400:
        assert media_type == "application/problem+json"
        assert json.loads(body)["status"] == status


def storable(value: Any) -> bool:
    """Whether a database takes all text within."""
    text = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in text and text.encode("utf-8", "replace").decode() == text


@EXAMPLES
@given(changes=st.dictionaries(FIELDS, VALUES, max_size=3))
@example(changes={"reason": "\x00"})
@example(changes={"priority": 10**400})
async def test_no_entry_breaks_the_door(door: FrontDoor, changes: dict[str, Any]) -> None:
    """Any value in any field of an entry is taken or refused, in a new entry and in a patch."""
    body = json.dumps({**door.entry(), **changes}).encode()
    kind = {"content_type": "application/json"}
    answer = await door.call("POST", "/v1/watchlist/entries", "analyst", body, **kind)
    check(answer.status_code, answer.headers["content-type"], answer.content)
    if answer.status_code == 201:
        assert storable(answer.json())
    made = await door.listed()
    place = f"/v1/watchlist/entries/{made['entry_id']}"
    patch = json.dumps(changes).encode()
    answer = await door.call("PATCH", place, "analyst", patch, if_match='"1"', **kind)
    check(answer.status_code, answer.headers["content-type"], answer.content)
    if answer.status_code == 200:
        assert storable(answer.json())


@EXAMPLES
@given(body=st.binary(max_size=60) | st.text(alphabet='[]{}",:\n 0aplte', max_size=60).map(str.encode))
async def test_no_body_breaks_the_door_for_cameras(door: FrontDoor, body: bytes) -> None:
    """Any bytes are an answer."""
    answer = await door.call("POST", "/v1/reads", "gateway", body)
    check(answer.status_code, answer.headers["content-type"], answer.content)


@EXAMPLES
@given(changes=st.dictionaries(st.sampled_from([*LEAST, "read_id", "confidence", "lat", "odd"]), VALUES))
async def test_no_read_breaks_the_door_for_cameras(door: FrontDoor, changes: dict[str, Any]) -> None:
    """Any value in any field of a read is taken, left out as odd, or refused; the read beside it is kept."""
    body = json.dumps([LEAST, {**LEAST, **changes}]).encode()
    kept = len(door.reads())
    answer = await door.call("POST", "/v1/reads", "gateway", body)
    check(answer.status_code, answer.headers["content-type"], answer.content)
    if answer.status_code == 202:
        assert len(door.reads()) - kept == answer.json()["accepted"] >= 1


@EXAMPLES
@given(name=st.sampled_from(["after", "limit", "cursor", "state", "force"]), value=TEXTS)
async def test_no_question_breaks_the_door(door: FrontDoor, name: str, value: str) -> None:
    """Any value of any parameter is an answer."""
    value = value.encode("utf-8", "replace").decode()
    for path in ("/v1/hits", "/v1/watchlist/entries", "/v1/cameras"):
        answer = await door.http.get(
            path, params={name: value}, headers={"Authorization": f"Bearer {door.tokens['analyst']}"}
        )
        check(answer.status_code, answer.headers["content-type"], answer.content)
