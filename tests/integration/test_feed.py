"""The feed on websockets: rights, devices, areas, shifts and bounds, over real sockets."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from anpr_match.domain.unit import Fix
from anpr_match.pipeline.sessions import Limits as SessionLimits
from anpr_match.web.limits import FeedLimits
from tests.integration.feeding import Client, Feeding, feeding, until

LUTON = {"lat": 51.88, "lon": -0.42}
ELY = {"lat": 52.40, "lon": 0.26}
AROUND_LUTON = {
    "type": "Polygon",
    "coordinates": [[[-0.6, 51.8], [-0.2, 51.8], [-0.2, 52.0], [-0.6, 52.0], [-0.6, 51.8]]],
}


@pytest.fixture
async def fed() -> AsyncIterator[Feeding]:
    """The feed with a heartbeat five times a second."""
    async with feeding() as running:
        yield running


async def until_heard(client: Client) -> None:
    """Return when the server has taken all that the client said before."""
    await client.say(type="ping")
    while (await client.frame(beats=True))["type"] != "heartbeat":
        pass


async def test_a_hello_is_welcomed(fed: Feeding) -> None:
    """The welcome names log and place; a unit's token is told its unit."""
    unit_id = await fed.unit("HERTS CH-32")
    async with fed.socket("HERTS CH-32") as client:
        welcome = await client.frame()
    assert welcome["type"] == "welcome"
    assert (welcome["epoch"], welcome["head_seq"], welcome["after_seq"], welcome["recovered"]) == (
        "memory",
        0,
        0,
        False,
    )
    assert welcome["unit"] == {
        "unit_id": unit_id,
        "callsign": "HERTS CH-32",
        "force": "herts",
        "on_shift": False,
    }
    assert "acked_seq" not in welcome


async def test_a_heartbeat_is_a_place_to_resume_from(fed: Feeding) -> None:
    """`through_seq` has passed events that are not for this subscription; resuming there misses nothing."""
    entry = await fed.door.listed()
    async with fed.socket(filters={"priority": 1}) as client:
        await client.frame()
        await fed.hits(entry, "r1", "r2", "r3")
        beat = await client.frame(beats=True)
        while beat["through_seq"] < 3:
            beat = await client.frame(beats=True)
    assert beat["type"] == "heartbeat"
    await fed.hits(entry, "r4")
    async with fed.socket(resume={"epoch": "memory", "seq": beat["through_seq"]}) as client:
        assert (await client.frame())["after_seq"] == 3
        event = await client.frame()
    assert (event["seq"], event["prev"]) == (4, 3)


@pytest.mark.parametrize(
    "said",
    [
        {"filters": {"colour": "red"}},
        {"filters": {"tiers": ["exat"]}},
        {"filters": {"area": {"type": "Circle"}}},
        {"filters": {"area": {"type": "Polygon", "coordinates": [[[0, 0], [0, 91], [1, 1]]]}}},
        {"filters": {"within_km": -1}},
        {"filters": {"point": [0, 51]}},
        {"device": ""},
        {"device": "tablet\0"},
        {"resume": {"epoch": "memory"}},
    ],
)
async def test_an_unknown_filter_is_refused_in_words(fed: Feeding, said: dict[str, Any]) -> None:
    """What the server does not know is answered with what is wrong, and the socket is closed."""
    async with fed.socket(**said) as client:
        error = await client.frame()
        assert (error["type"], error["code"]) == ("error", "bad_frame")
        assert next(iter(said)) in error["detail"]
        assert (await client.closed())[0] == 1008


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"ping","x":' + "[" * 20_000 + "]" * 20_000 + "}",
        '{"type":"position","lat":51,"lon":0,"at":"9999-12-31T23:59:59-23:59"}',
        '{"type":"position","lat":51,"lon":0,"at":"0001-01-01T00:00:00+23:59"}',
        '{"type":"hello","filters":{"priority":1}}',
        '{"type":"dance"}',
        "{",
    ],
)
async def test_a_frame_that_cannot_be_meant_is_answered(fed: Feeding, frame: str) -> None:
    """Nesting without end, times that there are not, and a second hello, whose filters would not be in force,
    are told and closed like any other frame that is none."""
    async with fed.socket() as client:
        assert (await client.frame())["type"] == "welcome"
        await client.socket.send(frame)
        error = await client.frame()
        assert (error["type"], error["code"]) == ("error", "bad_frame")
        assert (await client.closed())[0] == 1008


async def test_an_area_shows_what_was_read_in_it(fed: Feeding) -> None:
    """Hits outside the polygon are left out with the chain intact; one without a place comes, marked."""
    entry = await fed.door.listed()
    async with fed.socket(filters={"area": AROUND_LUTON}) as client:
        await client.frame()
        await fed.hits(entry, "in", **LUTON)
        await fed.hits(entry, "out", **ELY)
        await fed.hits(entry, "nowhere")
        await fed.hits(entry, "in again", **LUTON)
        events = [await client.frame() for _ in range(3)]
    told = [(event["hit"]["read"]["read_id"], event.get("place_unknown"), event["prev"]) for event in events]
    assert told == [("in", None, 0), ("nowhere", True, 1), ("in again", None, 3)]


async def test_a_circle_moves_with_the_unit(fed: Feeding) -> None:
    """`within_km` counts from where the unit is: unknown at first, then as its positions say."""
    await fed.unit("HERTS CH-32")
    entry = await fed.door.listed()
    async with fed.socket("HERTS CH-32", filters={"within_km": 20}) as client:
        await client.frame()
        await fed.hits(entry, "before it said", **ELY)
        assert (await client.frame())["place_unknown"] is True
        at = fed.door.clock.now().isoformat()
        await client.say(type="position", **LUTON, at=at, accuracy_m=8)
        await until_heard(client)
        await fed.hits(entry, "far", **ELY)
        await fed.hits(entry, "near", **LUTON)
        event = await client.frame()
        assert (event["hit"]["read"]["read_id"], "place_unknown" in event, event["prev"]) == (
            "near",
            False,
            1,
        )
    async with fed.socket("patrol", filters={"within_km": 20, "point": [0.26, 52.40]}) as client:
        await client.frame()
        await client.say(type="position", **LUTON, at=at)
        assert (await client.frame())["code"] == "no_unit"
        await fed.hits(entry, "there", **LUTON)
        await fed.hits(entry, "here", **ELY)
        assert (await client.frame())["hit"]["read"]["read_id"] == "here"


async def test_a_revoked_token_ends_its_feeds(fed: Feeding) -> None:
    """Revocation closes the open socket, and the token opens no other."""
    async with fed.socket() as client, fed.socket("analyst") as other:
        await client.frame()
        await other.frame()
        await fed.revoke("patrol")
        code, reason = await client.closed()
        assert (code, reason) == (4401, "the token is no longer good")
        async with fed.socket() as again:
            assert (await again.closed())[0] == 4401
        await until_heard(other)


async def test_the_newest_connection_of_a_device_stays(fed: Feeding) -> None:
    """The device's connection before is closed with 4409; other devices and nameless ones stay."""
    async with (
        fed.socket(device="tablet") as first,
        fed.socket(device="phone") as phone,
        fed.socket() as nameless,
        fed.socket() as other,
        fed.socket(device="tablet") as second,
    ):
        assert (await first.closed())[0] == 4409
        for client in (phone, nameless, other, second):
            await until_heard(client)


async def test_a_device_taken_over_elsewhere(fed: Feeding) -> None:
    """A connection that the device made to another process is noticed by the store."""
    async with fed.socket(device="tablet") as client:
        await client.frame()
        caller = await fed.door.registers.caller(fed.door.tokens["patrol"])
        assert caller is not None
        known = next(iter(fed.door.ledger.sessions))
        assert known == (caller.token_id, "tablet")
        await fed.door.services.deliveries.connect({known: "another"}, fed.door.clock.now())
        assert (await client.closed())[0] == 4409


async def test_receipts_are_kept_apart_from_acts(fed: Feeding) -> None:
    """What a device says it holds is told to it when it comes back, and shown to the control room."""
    await fed.unit("HERTS CH-32")
    entry = await fed.door.listed()
    await fed.hits(entry, "r1", "r2")
    said: dict[str, Any] = {"device": "tablet", "resume": {"epoch": "memory", "seq": 0}}
    async with fed.socket("HERTS CH-32", **said) as client:
        for _ in range(3):
            await client.frame()
        await client.say(type="ack", seq=2)
        await client.say(type="ack", seq=99)
        await until_heard(client)
    async with fed.socket("HERTS CH-32", **said) as client:
        assert (await client.frame())["acked_seq"] == 2
    await until(lambda: bool(fed.door.ledger.receipts))
    answer = await fed.door.call("GET", "/v1/units", "operator")
    (device,) = answer.json()["items"][0]["devices"]
    assert (device["device"], device["acked_seq"], device["epoch"]) == ("tablet", 2, "memory")
    hit = (await fed.door.call("GET", "/v1/hits", "patrol")).json()["items"][0]["hit"]
    assert hit["status"] == "open"


async def test_the_end_of_a_shift_ends_the_feed(fed: Feeding) -> None:
    """A unit off shift has no feed, by any of its tokens, until its next shift; others are not touched."""
    unit_id = await fed.unit("HERTS CH-32")
    shifts = f"/v1/units/{unit_id}/shifts"
    async with fed.socket("HERTS CH-32") as client:
        await client.frame()
        begun = await fed.door.call("POST", shifts, "operator", {"crew": ["PC 1"], "operations": ["op-1"]})
        assert begun.status_code == 201
        assert (await fed.door.call("POST", shifts, "HERTS CH-32", {})).status_code == 409
        await until_heard(client)
        assert (await fed.door.call("POST", f"{shifts}/end", "HERTS CH-32")).status_code == 200
        assert await client.closed() == (4401, "the unit's shift has ended")
    async with fed.socket("HERTS CH-32") as client:
        assert (await client.closed())[0] == 4401
    assert (await fed.door.call("GET", "/v1/hits", "HERTS CH-32")).status_code == 403
    assert (await fed.door.call("POST", shifts, "kent patrol", {})).status_code == 403
    assert (await fed.door.call("POST", f"{shifts}/end", "operator")).status_code == 409
    await fed.door.call("POST", shifts, "HERTS CH-32", {})
    async with fed.socket("HERTS CH-32") as client:
        assert (await client.frame())["unit"]["on_shift"] is True


async def test_another_force_sees_neither_place_nor_crew(fed: Feeding) -> None:
    """Of another force's unit the control room sees that it is on shift, not where it is or who is in it."""
    unit_id = await fed.unit("HERTS CH-32")
    crew = {"crew": ["PC 1"], "operations": ["op-1"]}
    assert (await fed.door.call("POST", f"/v1/units/{unit_id}/shifts", "operator", crew)).status_code == 201
    fix = Fix(51.88, -0.42, fed.door.clock.now())
    await fed.door.services.patrols.note_fixes({unit_id: fix})
    (own,) = (await fed.door.call("GET", "/v1/units", "analyst")).json()["items"]
    assert (own["position"]["lat"], own["shift"]["crew"]) == (51.88, ["PC 1"])
    looks = len(fed.door.audited())
    (others,) = (await fed.door.call("GET", "/v1/units", "essex analyst")).json()["items"]
    assert (others["position"], others["shift"]["crew"]) == (None, None)
    assert others["shift"]["operations"] == ["op-1"]
    assert len(fed.door.audited()) == looks


async def test_positions_are_shown_with_a_record_and_expire(fed: Feeding) -> None:
    """The control room sees where a unit is, which is audited; later nobody knows."""
    await fed.unit("HERTS CH-32")
    async with fed.socket("HERTS CH-32") as client:
        await client.frame()
        await client.say(type="position", **LUTON, at=fed.door.clock.now().isoformat(), accuracy_m=8)
        await until_heard(client)
    await until(lambda: bool(fed.door.ledger.fixes))
    (unit,) = (await fed.door.call("GET", "/v1/units", "operator")).json()["items"]
    assert (unit["position"]["lat"], unit["position"]["accuracy_m"], unit["shift"]) == (51.88, 8, None)
    assert fed.door.audited()[-1].action == "units.positions"
    fed.door.clock.wind(2_000)
    (unit,) = (await fed.door.call("GET", "/v1/units", "operator")).json()["items"]
    assert unit["position"] is None
    await until(lambda: not fed.door.ledger.fixes)


async def test_there_are_bounds_on_how_many() -> None:
    """Beyond so many feeds of a token, and so many that said nothing, more are told to come back."""
    limits = SessionLimits(poll_s=0.05, feeds_per_token_max=2, waiting_max=2)
    async with (
        feeding(FeedLimits(hello_s=60), limits) as fed,
        fed.socket() as first,
        fed.socket() as second,
        fed.socket() as third,
        fed.socket("analyst") as other,
        fed.socket(None, hello=False),
        fed.socket(None, hello=False),
    ):
        assert (await third.closed())[0] == 1013
        for client in (first, second, other):
            await client.frame()
        async with fed.socket(None, hello=False) as late:
            assert (await late.closed())[0] == 1013


async def test_who_says_nothing_is_closed() -> None:
    """A socket without a hello is closed after a while; so is one that begins with something else."""
    async with feeding(FeedLimits(hello_s=0.2)) as fed:
        async with fed.socket(hello=False) as client:
            assert await client.closed() == (4401, "no hello came in time")
        async with fed.socket(hello=False) as client:
            await client.say(type="ack", seq=1)
            assert await client.closed() == (4401, "the first frame is to be a hello")


async def test_a_stop_says_come_back(fed: Feeding) -> None:
    """When the service stops, each client is told to come back, and when."""
    async with fed.socket() as client, fed.socket("analyst") as other:
        await client.frame()
        await other.frame()
        fed.stop.set()
        for one in (client, other):
            code, reason = await one.closed()
            assert code == 1012
            assert reason.startswith("restarting")


async def test_a_strange_page_opens_nothing(fed: Feeding) -> None:
    """A handshake that another origin's page makes is refused; a client that names none is let in."""
    with pytest.raises(InvalidStatus) as refused:
        async with fed.socket(origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with fed.socket(origin=fed.url) as client:
        assert (await client.frame())["type"] == "welcome"


async def test_a_ticket_opens_one_socket(fed: Feeding) -> None:
    """A ticket is good once, in the hello; the second time it is 4401."""
    made = await fed.door.call("POST", "/v1/ws-tickets", "patrol")
    assert made.status_code == 201
    ticket = made.json()["ticket"]
    async with fed.socket(None, ticket=ticket) as client:
        assert (await client.frame())["type"] == "welcome"
        async with fed.socket(None, ticket=ticket) as again:
            assert (await again.closed())[0] == 4401
        await until_heard(client)
        await fed.revoke("patrol")
        assert (await client.closed())[0] == 4401
    assert ticket not in repr(fed.door.ledger.tickets)


async def test_a_ticket_is_for_one_page_and_a_short_time(fed: Feeding) -> None:
    """One asked for by a page is for that page's origin; an old one, and none, are good for nothing."""
    here = {"origin": fed.url, "host": f"127.0.0.1:{fed.port}"}
    tickets = [
        (await fed.door.call("POST", "/v1/ws-tickets", "patrol", None, **here)).json()["ticket"]
        for _ in range(3)
    ]
    async with fed.socket(None, origin=fed.url, ticket=tickets[0]) as client:
        assert (await client.frame())["type"] == "welcome"
    async with fed.socket(None, ticket=tickets[1]) as client:
        assert (await client.closed())[0] == 4401
    fed.door.clock.wind(60)
    for ticket in (tickets[2], "anprt_nothing", "x" * 500):
        async with fed.socket(None, origin=fed.url, ticket=ticket) as client:
            assert (await client.closed())[0] == 4401
    strange = await fed.door.call("POST", "/v1/ws-tickets", "patrol", None, origin="https://evil.example")
    assert strange.status_code == 403
