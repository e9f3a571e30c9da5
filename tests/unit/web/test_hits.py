"""The event log over REST."""

from typing import Any

import pytest

from anpr_match.web.limits import Limits
from tests.unit.web.front_door import FrontDoor


async def log(door: FrontDoor, who: str = "patrol", **query: int) -> dict[str, Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await door.call("GET", f"/v1/hits?{asked}", who)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def everything(door: FrontDoor, who: str, limit: int) -> list[dict[str, Any]]:
    """The whole log, page by page, checked to be without a gap."""
    items: list[dict[str, Any]] = []
    after, held = 0, 0
    while True:
        page = await log(door, who, after=after, limit=limit)
        assert len(page["items"]) <= limit
        for item in page["items"]:
            assert item["prev"] in (held, after)
            held = item["seq"]
        items += page["items"]
        if page["next"] >= page["head_seq"]:
            return items
        assert page["next"] > after
        after = page["next"]


async def test_an_empty_log_says_where_it_ends(door: FrontDoor) -> None:
    """Without hits there is an epoch, a head and nothing else."""
    page = await log(door)
    assert page["epoch"]
    assert (page["items"], page["next"], page["head_seq"]) == ([], 0, 0)


async def test_hits_come_in_order_with_what_was_before(door: FrontDoor) -> None:
    """Each event names its place and the one before it, for the first one where the caller was."""
    entry = await door.listed()
    ids = [await door.hit(entry["entry_id"], f"r{n}") for n in range(5)]
    page = await log(door, after=1, limit=3)
    assert [(item["seq"], item["prev"]) for item in page["items"]] == [(2, 1), (3, 2), (4, 3)]
    assert [item["hit"]["hit_id"] for item in page["items"]] == ids[1:4]
    assert {item["type"] for item in page["items"]} == {"hit"}
    assert (page["next"], page["head_seq"]) == (4, 5)


async def test_a_hit_is_the_same_alone(door: FrontDoor) -> None:
    """GET of one hit gives the body that its event carries."""
    entry = await door.listed()
    identity = await door.hit(entry["entry_id"], "r1")
    alone = await door.call("GET", f"/v1/hits/{identity}", "patrol")
    assert alone.json() == (await log(door))["items"][0]["hit"]
    assert alone.json()["entry"]["plate"] == "AB01CDE"


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_a_force_sees_what_is_shared_with_it(door: FrontDoor, limit: int) -> None:
    """Events of entries that are not shared are left out, and the chain of the others still holds."""
    open_entry = await door.listed()
    closed = await door.listed(plate="AB50ZZZ", shared_with=["herts"])
    for n in range(6):
        await door.hit(open_entry["entry_id"] if n % 3 else closed["entry_id"], f"r{n}")
    assert len(await everything(door, "patrol", limit)) == 6
    assert [item["seq"] for item in await everything(door, "kent patrol", limit)] == [2, 3, 5, 6]


async def test_a_hit_that_is_not_shared_is_not_there(door: FrontDoor) -> None:
    """404 and no hint, as for one that does not exist."""
    entry = await door.listed(shared_with=["herts"])
    identity = await door.hit(entry["entry_id"], "r1")
    hidden = await door.call("GET", f"/v1/hits/{identity}", "kent patrol")
    absent = await door.call("GET", "/v1/hits/h-none", "kent patrol")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()


async def test_a_withdrawal_is_in_the_log(door: FrontDoor) -> None:
    """Withdrawing an entry takes its open hits away, by an event after them."""
    entry = await door.listed()
    identity = await door.hit(entry["entry_id"], "r1")
    place = f"/v1/watchlist/entries/{entry['entry_id']}"
    await door.call("DELETE", place, "analyst", {"reason": "seized"}, if_match='"1"')
    last = (await log(door, after=1))["items"][-1]
    assert (last["type"], last["prev"], last["hit"]["hit_id"]) == ("hit.withdrawn", 1, identity)
    assert last["hit"]["reason"] == "seized"


async def test_one_ahead_of_the_log_can_tell(door: FrontDoor) -> None:
    """Who holds more than there is gets nothing, and the true head."""
    page = await log(door, after=9)
    assert (page["items"], page["next"], page["head_seq"]) == ([], 9, 0)


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "after=99999999999999999999"])
async def test_a_bad_place_is_refused(door: FrontDoor, query: str) -> None:
    """A place that cannot be one is a 422, not an error of the store."""
    answer = await door.call("GET", f"/v1/hits?{query}", "patrol")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"?{query.split('=', maxsplit=1)[0]}"


async def test_pages_are_bounded(door: FrontDoor) -> None:
    """A limit beyond the bound is brought down to it."""
    entry = await door.listed()
    await door.hit(entry["entry_id"], "r1")
    assert len((await log(door, limit=10**9))["items"]) <= Limits().page_max


async def test_looking_at_hits_is_recorded(door: FrontDoor) -> None:
    """Each call that gave hits away is one disclosure in the audit; an empty one is none."""
    entry = await door.listed()
    await log(door)
    identity = await door.hit(entry["entry_id"], "r1")
    await log(door)
    await door.call("GET", f"/v1/hits/{identity}", "patrol")
    told = [(r.action, r.subject) for r in door.audited() if r.kind == "disclosure"]
    assert told == [("hits.list", "events 1 to 1"), ("hits.read", identity)]
