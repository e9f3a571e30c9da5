"""The door for cameras."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anpr_match.web.limits import Limits
from tests.unit.web.front_door import FrontDoor, opened

READS = "/v1/reads"
LEAST = {"camera_id": "CAM001", "captured_at": "2026-01-05T11:59:59Z", "plate": "AB01 CDE"}


async def post(door: FrontDoor, body: Any, who: str = "camera", query: str = "") -> Any:
    """Post reads, of which some must be good; the answer's body."""
    answer = await door.call("POST", READS + query, who, body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_the_least_read_is_accepted(door: FrontDoor) -> None:
    """A camera, a time and a plate are enough; the door adds what only it knows."""
    done = await post(door, LEAST)
    (read,) = door.reads()
    assert done == {"accepted": 1, "results": [{"read_id": read.read_id, "status": "accepted"}]}
    assert read.read_id.startswith("r-")
    assert (read.plate, read.time_source, read.received_at) == ("AB01 CDE", "message", door.clock.now())


async def test_the_same_read_has_the_same_id(door: FrontDoor) -> None:
    """A read that is sent again is told by its id to be the same one."""
    first = await post(door, LEAST)
    door.clock.wind(60)
    second = await post(door, LEAST)
    assert first == second


async def test_arrays_and_lines_are_taken(door: FrontDoor) -> None:
    """An array and NDJSON give a result for each item, in order."""
    reads = [{**LEAST, "read_id": f"a{n}"} for n in range(3)]
    done = await post(door, reads)
    lines = "\n".join(json.dumps(read) for read in reads).encode()
    assert await post(door, lines) == done
    assert [result["read_id"] for result in done["results"]] == ["a0", "a1", "a2"]
    assert len(door.reads()) == 6


async def test_bad_items_do_not_cost_the_good_ones(door: FrontDoor) -> None:
    """Each bad item is refused with its pointer; the good ones around it are kept."""
    done = await post(door, [LEAST, {**LEAST, "captured_at": "x"}, 7, {**LEAST, "read_id": "z"}])
    assert done["accepted"] == 2
    assert [result["status"] for result in done["results"]] == ["accepted", "refused", "refused", "accepted"]
    assert done["results"][1]["errors"][0]["pointer"] == "/1/captured_at"
    assert len(door.reads()) == 2


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"{", {400, 422}),
        (b"", {400, 422}),
        (b"\xff\xfe", {400, 422}),
        (b"null", {422}),
        ({"camera_id": "NOPE", "captured_at": "x", "plate": 3}, {422}),
        ([7, "x"], {422}),
        (b"[" * 100_000, {400, 422}),
    ],
)
async def test_when_nothing_is_good_the_answer_is_a_problem(
    door: FrontDoor, body: Any, statuses: set[int]
) -> None:
    """A body in which no read can be found is refused whole, as problem+json."""
    answer = await door.call("POST", READS, "camera", body)
    assert answer.status_code in statuses
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert door.reads() == []


async def test_an_empty_array_is_no_error(door: FrontDoor) -> None:
    """A gateway with nothing to say may say so."""
    assert await post(door, []) == {"accepted": 0, "results": []}


async def test_a_dry_run_keeps_nothing(door: FrontDoor) -> None:
    """It answers the reads as they would be kept, and what is wrong with the others."""
    answer = await door.call("POST", f"{READS}?dry_run=true", "camera", [LEAST, {"plate": "AB01CDE"}])
    understood, refused = answer.json()["reads"]
    assert answer.status_code == 200
    assert (understood["plate"], understood["time_source"]) == ("AB01 CDE", "message")
    assert {error["pointer"] for error in refused} == {"/1/camera_id", "/1/captured_at"}
    assert door.reads() == []


async def test_a_dry_run_that_is_neither_is_refused(door: FrontDoor) -> None:
    """A flag that cannot be read is refused before anything is kept."""
    answer = await door.call("POST", f"{READS}?dry_run=perhaps", "camera", LEAST)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?dry_run")
    assert door.reads() == []


async def test_a_post_of_too_many_reads_is_to_be_divided() -> None:
    """Beyond the bound on reads nothing of a post is kept."""
    async with opened(Limits(reads_per_post_max=2)) as door:
        assert (await door.call("POST", READS, "camera", [LEAST] * 2)).status_code == 202
        answer = await door.call("POST", READS, "camera", [LEAST] * 3)
        assert (answer.status_code, len(door.reads())) == (413, 2)


async def test_a_camera_speaks_for_itself_only(door: FrontDoor) -> None:
    """A camera's token may name no other camera, and then nothing of the post is kept."""
    answer = await door.call("POST", READS, "camera", [LEAST, {**LEAST, "camera_id": "ESX1"}])
    assert answer.status_code == 403
    assert door.reads() == []


@pytest.mark.parametrize(("camera_id", "status"), [("CAM001", 202), ("NOBODY", 202), ("ESX1", 403)])
async def test_a_gateway_speaks_for_its_force(door: FrontDoor, camera_id: str, status: int) -> None:
    """A gateway may post for its force's cameras and for ones that nobody registered."""
    answer = await door.call("POST", READS, "gateway", {**LEAST, "camera_id": camera_id})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("sent", "received", "expected"),
    [
        ("2026-07-01T12:00:00", datetime(2026, 7, 1, 11, 0, 1, tzinfo=UTC), "2026-07-01T11:00:00Z"),
        ("2026-12-01T12:00:00", datetime(2026, 12, 1, 12, 0, 1, tzinfo=UTC), "2026-12-01T12:00:00Z"),
        ("2026-10-25T01:30:00", datetime(2026, 10, 25, 0, 30, 2, tzinfo=UTC), "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30:00", datetime(2026, 10, 25, 1, 30, 2, tzinfo=UTC), "2026-10-25T01:30:00Z"),
    ],
)
async def test_a_time_without_zone_is_the_cameras(
    door: FrontDoor, sent: str, received: datetime, expected: str
) -> None:
    """It is read in the camera's zone; in the hour that autumn repeats, the one nearer to the receipt."""
    door.clock.wind((received - door.clock.now()).total_seconds())
    await post(door, {**LEAST, "captured_at": sent})
    (read,) = door.reads()
    assert read.captured_at == datetime.fromisoformat(expected)
    assert read.time_source == "camera_zone"


@pytest.mark.parametrize("sent", ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "1970-01-01T00:00:00"])
async def test_a_clock_that_is_off_is_taken_as_it_is(door: FrontDoor, sent: str) -> None:
    """Times long ago and to come are kept for the matcher to mark."""
    await post(door, {**LEAST, "captured_at": sent})
    assert abs(door.reads()[0].captured_at.year - int(sent[:4])) <= 1


@pytest.mark.parametrize("sent", ["0001-01-01T00:30:00+05:00", "9999-12-31T23:30:00-05:00"])
async def test_a_time_that_utc_has_not_becomes_the_receipt(door: FrontDoor, sent: str) -> None:
    """A clock at the edge of the calendar was never set: the read is kept, its time marked as odd."""
    await post(door, {**LEAST, "captured_at": sent})
    (read,) = door.reads()
    assert (read.captured_at, read.time_source) == (door.clock.now(), "received")
    assert "captured_at" in read.odd


async def test_what_the_service_adds_cannot_be_sent(door: FrontDoor) -> None:
    """When it was received and whose time it has is the door's to say."""
    long_ago = "2020-01-01T00:00:00Z"
    await post(door, {**LEAST, "received_at": long_ago, "time_source": "received"})
    (read,) = door.reads()
    assert (read.received_at, read.time_source) == (door.clock.now(), "message")


@pytest.mark.parametrize("plate", ["АВ01 СDЕ", "", "?", "ＡＢ０１ＣＤＥ", "AB01\tCDE"])
async def test_odd_plates_are_kept_as_they_are(door: FrontDoor, plate: str) -> None:
    """Other scripts, unread plates and unread characters are the matcher's to judge."""
    await post(door, {**LEAST, "plate": plate})
    assert door.reads()[0].plate == plate


async def test_a_log_that_is_away_is_said(door: FrontDoor) -> None:
    """The camera is told to come back, and nothing counts as accepted."""
    door.log.away = True
    answer = await door.call("POST", READS, "camera", LEAST)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert answer.headers["content-type"] == "application/problem+json"
    assert 'outcome="accepted"' not in (await door.call("GET", "/metrics", None)).text


async def test_reads_are_counted(door: FrontDoor) -> None:
    """Accepted and refused reads are in the metrics."""
    await post(door, [LEAST, 7])
    text = (await door.call("GET", "/metrics", None)).text
    assert 'anpr_reads_total{outcome="accepted"} 1.0' in text
    assert 'anpr_reads_total{outcome="refused"} 1.0' in text


async def test_a_camera_added_meanwhile_is_known_after_a_refresh(door: FrontDoor) -> None:
    """The register that the door uses is a copy; the zone of a new camera is used once it is copied."""
    door.clock.wind(timedelta(days=180).total_seconds())
    camera = {"camera_id": "NY1", "force": "herts", "zone": "America/New_York"}
    await door.call("POST", "/v1/cameras", "operator", camera)
    await door.cameras.refresh()
    await post(door, {**LEAST, "camera_id": "NY1", "captured_at": "2026-07-01T12:00:00"}, "gateway")
    assert door.reads()[0].captured_at == datetime(2026, 7, 1, 16, tzinfo=UTC)
