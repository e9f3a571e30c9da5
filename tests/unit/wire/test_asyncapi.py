"""The AsyncAPI description: it names every frame and code, and real frames are as it says."""

import json
from typing import Any, get_args

import jsonschema
import pytest

from anpr_match.backends.memory.act_store import MemoryActStore
from anpr_match.backends.memory.clock import START
from anpr_match.domain.act import ActKind, Actor, HitAct
from anpr_match.domain.event import Bounds, Event
from anpr_match.wire import asyncapi, feed, hit_shape, told
from tests.contract.makers import ANALYST, some_hit
from tests.unit.pipeline.flow import Flow

TOPICS = {"reads": "anpr.reads.v1", "dlq": "anpr.reads.dlq.v1", "hits": "anpr.hits.v1"}
BOUNDS = Bounds("e1", 3, 9)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The description, as the command prints it."""
    made: dict[str, Any] = json.loads(json.dumps(asyncapi.document("1.2.3", TOPICS)))
    return made


def check(described: dict[str, Any], text: str) -> None:
    """Raises unless the frame is as its schema says; a frame has no field that is not described."""
    frame = json.loads(text)
    (name,) = [
        key
        for key, message in described["components"]["messages"].items()
        if message.get("name") == frame["type"]
    ]
    root = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    jsonschema.Draft202012Validator(root).validate(frame)
    assert set(frame) <= set(described["components"]["schemas"][name]["properties"])


async def events() -> list[Event]:
    """A hit, what became of it, and that its entry was withdrawn."""
    flow = Flow()
    entry = await flow.list_plate()
    hit = some_hit(entry, "r1")
    await flow.hits.record([hit], [])
    by = Actor(ANALYST.token_id, ANALYST.name, ANALYST.force)
    act = HitAct("a1", hit.hit_id, ActKind.ACKNOWLEDGE, by, START, START)
    await MemoryActStore(flow.ledger).act(act, ANALYST)
    await flow.watchlist.withdraw(entry.entry_id, entry.version, "sold", ANALYST, START)
    return await flow.hits.events(0, 10)


async def test_real_events_are_as_described(described: dict[str, Any]) -> None:
    """Events as the stores render them, and as the feed frames them, fit their schemas."""
    made = await events()
    assert {event.kind.value for event in made} == {"hit", "hit.updated", "hit.withdrawn"}
    for event in made:
        check(described, feed.frame(event, event.seq - 1))
        check(described, feed.frame(event, event.seq - 1, place_unknown=True))


async def test_a_body_has_the_described_fields_and_no_other() -> None:
    """What is rendered of a hit, and what is described of it, are the same fields."""
    hit = json.loads((await events())[0].body)
    assert set(hit) == set(hit_shape.Hit.__struct_fields__)
    assert set(hit["entry"]) <= set(hit_shape.Entry.__struct_fields__)
    assert set(hit["camera"]) == set(hit_shape.Camera.__struct_fields__)


@pytest.mark.parametrize(
    "text",
    [
        feed.welcome(
            "s1", BOUNDS, {"recovered": True, "after_seq": 4, "heartbeat_s": 10.0, "watchlist_revision": 3}
        ),
        feed.heartbeat(9, 9, 3),
        feed.reset("too_old", BOUNDS),
        feed.error("bad_frame", "no"),
        feed.closing(4401, "signed out"),
        '{"type":"hello","resume":{"epoch":"e1","seq":3},"filters":{"priority":1},"device":"d"}',
        '{"type":"ack","seq":3}',
        '{"type":"ping"}',
        '{"type":"position","lat":51.9,"lon":-0.3,"at":"2026-11-22T12:00:00Z"}',
    ],
)
def test_other_frames_are_as_described(described: dict[str, Any], text: str) -> None:
    """Every other frame of either side fits its schema."""
    check(described, text)


@pytest.mark.parametrize(
    "text", ['{"type":"ack"}', '{"type":"ack","seq":-1}', '{"type":"hit","seq":"1","prev":0,"hit":{}}']
)
def test_what_is_no_frame_does_not_fit(described: dict[str, Any], text: str) -> None:
    """The schemas refuse what the service refuses."""
    with pytest.raises(jsonschema.ValidationError):
        check(described, text)


def test_every_frame_and_code_is_named(described: dict[str, Any]) -> None:
    """No frame, no close code and no topic is missing."""
    tags = {str(frame.__struct_config__.tag) for frame in (*told.FRAMES, *get_args(feed.FromClient))}
    assert tags <= {message.get("name") for message in described["components"]["messages"].values()}
    assert set(described["channels"]["feed"]["x-close-codes"]) == {str(int(code)) for code in feed.Close}
    assert {channel["address"] for channel in described["channels"].values()} >= set(TOPICS.values())


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    """Each `$ref` of the document leads to a part of it."""
    for ref in references(described):
        at: Any = described
        for word in ref.removeprefix("#/").split("/"):
            at = at[word]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [ref for inner in value.values() for ref in references(inner)]
    if isinstance(value, list):
        return [ref for inner in value for ref in references(inner)]
    return []
