"""The feed as server-sent events, over real sockets."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.integration.feeding import Feeding, feeding


@pytest.fixture
async def fed() -> AsyncIterator[Feeding]:
    """The feed with a heartbeat five times a second."""
    async with feeding() as running:
        yield running


async def test_events_come_with_their_places(fed: Feeding) -> None:
    """Each event is one frame as on the websocket, and its id is its place in the log."""
    entry = await fed.door.listed()
    async with fed.stream() as (answer, stream):
        assert answer.headers["content-type"].startswith("text/event-stream")
        welcome = await stream.frame()
        assert welcome is not None
        assert (welcome["type"], stream.place) == ("welcome", "memory:0")
        assert 1_000 <= stream.retry_ms <= 5_000
        await fed.hits(entry, "r1", "r2")
        events = [await stream.frame() for _ in range(2)]
    assert [(event["type"], event["seq"], event["prev"]) for event in events if event] == [
        ("hit", 1, 0),
        ("hit", 2, 1),
    ]
    assert stream.place == "memory:2"
    listed = (await fed.door.call("GET", "/v1/hits", "patrol")).json()
    assert events == listed["items"]


async def test_a_client_comes_back_where_it_was(fed: Feeding) -> None:
    """`Last-Event-ID` resumes, and wins over `after`; each place may be a seq or `epoch:seq`."""
    entry = await fed.door.listed()
    await fed.hits(entry, "r1", "r2", "r3")
    ways: list[tuple[str, dict[str, str]]] = [
        ("?after=1", {}),
        ("?after=memory:1", {}),
        ("?after=3", {"last_event_id": "memory:1"}),
    ]
    for query, headers in ways:
        async with fed.stream(query, "patrol", **headers) as (_, stream):
            welcome = await stream.frame()
            event = await stream.frame()
            assert welcome is not None
            assert event is not None
            assert (welcome["recovered"], event["seq"], event["prev"]) == (True, 2, 1)


async def test_a_place_that_is_not_there_is_reset(fed: Feeding) -> None:
    """A place of another log is answered with a reset, and events go on from the head."""
    entry = await fed.door.listed()
    await fed.hits(entry, "r1")
    async with fed.stream("?after=another:1") as (_, stream):
        kinds = [frame["type"] for frame in [await stream.frame(), await stream.frame()] if frame]
        assert kinds == ["welcome", "reset"]
        await fed.hits(entry, "r2")
        event = await stream.frame()
        assert event is not None
        assert (event["seq"], event["prev"]) == (2, 1)


async def test_filters_are_parameters(fed: Feeding) -> None:
    """The filters of the hello are parameters here, and leave the chain intact."""
    wanted = await fed.door.listed(priority=1, category="theft")
    other = await fed.door.listed(plate="AB50ZZZ")
    area = json.dumps({"type": "Polygon", "coordinates": [[[-1, 51], [0, 51], [0, 52], [-1, 52]]]})
    query = (
        f"?priority=1&categories=theft&categories=cloned&tiers=exact&area={area}&within_km=30&point=-0.4,51.9"
    )
    async with fed.stream(query) as (answer, stream):
        assert answer.status_code == 200, await answer.aread()
        await stream.frame()
        await fed.hits(other, "r1", lat=51.9, lon=-0.4)
        await fed.hits(wanted, "r2", lat=51.1, lon=-0.9)
        await fed.hits(wanted, "r3", lat=51.9, lon=-0.4)
        event = await stream.frame()
    assert event is not None
    assert (event["seq"], event["prev"]) == (3, 0)


@pytest.mark.parametrize(
    "query",
    [
        "?after=x",
        "?after=memory:-1",
        "?tiers=exat",
        "?tier=exact",
        "?area={",
        "?area={}",
        "?area=" + "[" * 10_000,
        "?point=1",
        "?within_km=0",
    ],
)
async def test_what_cannot_be_meant_is_refused(fed: Feeding, query: str) -> None:
    """A filter or a place that is none is a 422 that says so."""
    answer = await fed.door.call("GET", f"/v1/hits/stream{query}", "patrol")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stream_ends_with_the_right_to_it(fed: Feeding) -> None:
    """Revocation ends the stream with a last frame that says why; a strange page opens none."""
    async with fed.stream() as (_, stream):
        await stream.frame()
        await fed.revoke("patrol")
        last = await stream.frame()
        assert last is not None
        assert (last["type"], last["code"]) == ("closing", 4401)
        assert await stream.frame() is None
    strange = await fed.door.call("GET", "/v1/hits/stream", "analyst", origin="https://evil.example")
    assert strange.status_code == 403


async def test_a_stream_ends_with_the_service(fed: Feeding) -> None:
    """At a stop the last frame says to come back, and the stream ends in order."""
    async with fed.stream() as (_, stream):
        await stream.frame()
        fed.stop.set()
        last = await stream.frame()
        assert last is not None
        assert (last["type"], last["code"]) == ("closing", 1012)
        assert await stream.frame() is None


async def test_a_heartbeat_brings_the_place_on(fed: Feeding) -> None:
    """A filtered client that comes back after a quiet time does not come back from too far behind."""
    entry = await fed.door.listed()
    async with fed.stream("?priority=1") as (_, stream):
        await stream.frame()
        await fed.hits(entry, "r1", "r2")
        while stream.place != "memory:2":
            frame = await stream.frame(beats=True)
            assert frame is not None
            assert frame["type"] == "heartbeat"
