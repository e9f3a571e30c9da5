"""The watchlist over REST."""

from typing import Any

import pytest

from anpr_match.domain.watchlist import FORCES
from anpr_match.ports.wake_up import Bell
from tests.unit.web.front_door import FrontDoor

ENTRIES = "/v1/watchlist/entries"
MERGE = {"content_type": "application/merge-patch+json"}


async def test_the_least_entry_is_listed(door: FrontDoor) -> None:
    """A new entry is answered 201 with its ETag, its place and all fields of the contract."""
    answer = await door.call("POST", ENTRIES, "analyst", door.entry("ab01 cde"))
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"{ENTRIES}/{made['entry_id']}"
    assert (made["plate"], made["version"], made["state"]) == ("ab01 cde", 1, "active")
    assert made["shared_with"] == list(FORCES)
    assert made["ends_at"].endswith("Z")
    assert made["created_by"] == made["updated_by"] == "analyst"
    assert Bell.WATCHLIST in door.wake_up.rung


async def test_an_entry_is_read_back(door: FrontDoor) -> None:
    """GET gives the same body and ETag, and 304 to who holds that version already."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    answer = await door.call("GET", place, "analyst")
    assert answer.json() == made
    again = await door.call("GET", place, "analyst", if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"plate": "?"}, "/plate"),
        ({"plate": "0"}, "/plate"),
        ({"plate": "UNKNOWN"}, "/plate"),
        ({"plate": "AB01€DE"}, "/plate"),
        ({"plate": None}, "/plate"),
        ({"pattern": "AB01?DE"}, "/pattern"),
        ({"reason": ""}, "/reason"),
        ({"reason": "a\x00b"}, "/reason"),
        ({"owner_force": "met"}, "/owner_force"),
        ({"priority": 4}, "/priority"),
        ({"ends_at": "2026-01-05T12:00:00"}, "/ends_at"),
        ({"ends_at": "2020-01-05T12:00:00Z"}, "/ends_at"),
        ({"version": 7}, "/version"),
        ({"entry_id": "e-1"}, "/entry_id"),
        ({"warnings": ["dogs", 7]}, "/warnings/1"),
    ],
)
async def test_bad_entries_are_refused_with_a_pointer(
    door: FrontDoor, change: dict[str, Any], pointer: str
) -> None:
    """Each rule that is broken is named by a pointer, and nothing is listed."""
    answer = await door.call("POST", ENTRIES, "analyst", door.entry(**change))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert (await door.call("GET", ENTRIES, "analyst")).json()["items"] == []


async def test_every_mandatory_field_is_named(door: FrontDoor) -> None:
    """An entry with nothing in it is told all that is missing at once."""
    answer = await door.call("POST", ENTRIES, "analyst", {})
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/owner_force", "/category", "/reason", "/review_at", "/ends_at"}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"", 422), (b"[]", 422), (b"null", 422), (b"\xff", 400), (b"7", 422)],
)
async def test_what_is_no_entry_is_a_problem(door: FrontDoor, body: bytes, status: int) -> None:
    """A body that is not JSON, or not an object, is a problem and not a crash."""
    answer = await door.call("POST", ENTRIES, "analyst", body, content_type="application/json")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_form_is_told_to_be_json(door: FrontDoor) -> None:
    """A body of another media type is a 415 that says what to send."""
    answer = await door.call("POST", ENTRIES, "analyst", b"plate=AB01CDE", content_type="text/plain")
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("entry_id", ["%00", "x" * 100, "a%2Fb", "%ED%A0%80", "e 1"])
async def test_what_can_be_no_id_reaches_no_store(door: FrontDoor, entry_id: str) -> None:
    """Ids that no database takes are refused at the door."""
    answer = await door.call("GET", f"{ENTRIES}/{entry_id}", "analyst")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_refusal_quotes_no_plate(door: FrontDoor) -> None:
    """What was sent is not repeated in the answer."""
    entry = door.entry("AB01CDE€", priority="AB01CDE", group=5)
    answer = await door.call("POST", ENTRIES, "analyst", entry)
    assert answer.status_code == 422
    assert "AB01CDE" not in answer.text


async def test_the_same_key_makes_one_entry(door: FrontDoor) -> None:
    """A repeated POST with its Idempotency-Key answers the entry of the first; the key is good for
    those contents only."""
    entry = door.entry()
    first = await door.call("POST", ENTRIES, "analyst", entry, idempotency_key="k1")
    again = await door.call("POST", ENTRIES, "analyst", entry, idempotency_key="k1")
    other = await door.call("POST", ENTRIES, "analyst", {**entry, "group": "x"}, idempotency_key="k1")
    elsewhere = await door.call("POST", ENTRIES, "essex analyst", entry, idempotency_key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert other.status_code == 422
    assert elsewhere.json()["entry_id"] != first.json()["entry_id"]


async def test_a_change_needs_the_version_it_was_made_on(door: FrontDoor) -> None:
    """Without If-Match 428, with the version that stands 200 and a new ETag, with a stale one 412."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    without = await door.call("PATCH", place, "analyst", {"reason": "x"}, **MERGE)
    good = await door.call("PATCH", place, "analyst", {"reason": "second look"}, if_match='"1"', **MERGE)
    stale = await door.call("PATCH", place, "analyst", {"reason": "late"}, if_match='"1"', **MERGE)
    assert (without.status_code, good.status_code, stale.status_code) == (428, 200, 412)
    assert good.headers["etag"] == '"2"'
    assert (good.json()["reason"], good.json()["plate"]) == ("second look", made["plate"])
    assert stale.headers["content-type"] == "application/problem+json"


async def test_a_change_that_changes_nothing_makes_no_version(door: FrontDoor) -> None:
    """A merge patch with what already stands answers the entry as it is."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    answer = await door.call("PATCH", place, "analyst", {"reason": made["reason"]}, if_match='"1"', **MERGE)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')


@pytest.mark.parametrize("patch", [{"reason": None}, {"version": 5}, {"plate": "?"}, {"ends_at": "x"}])
async def test_a_bad_change_is_refused(door: FrontDoor, patch: dict[str, Any]) -> None:
    """A patch is held to the rules of a new entry."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    answer = await door.call("PATCH", place, "analyst", patch, if_match='"1"', **MERGE)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{next(iter(patch))}"]


async def test_withdrawing_takes_an_entry_off_the_list(door: FrontDoor) -> None:
    """DELETE needs If-Match, keeps the entry readable, and cannot be done twice."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    assert (await door.call("DELETE", place, "analyst")).status_code == 428
    gone = await door.call("DELETE", place, "analyst", {"reason": "vehicle seized"}, if_match='"1"')
    assert (gone.status_code, gone.json()["state"], gone.headers["etag"]) == (200, "withdrawn", '"2"')
    again = await door.call("DELETE", place, "analyst", if_match='"2"')
    changed = await door.call("PATCH", place, "analyst", {"group": "x"}, if_match='"2"', **MERGE)
    assert (again.status_code, changed.status_code) == (409, 409)
    assert (await door.call("GET", place, "analyst")).json()["state"] == "withdrawn"


async def test_withdrawing_needs_no_reason(door: FrontDoor) -> None:
    """A DELETE without a body is enough."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    answer = await door.call("DELETE", place, "analyst", content_type="application/json", if_match='"1"')
    assert answer.status_code == 200


async def test_the_history_tells_who_did_what_and_why(door: FrontDoor) -> None:
    """Oldest first, each act with the entry as it then stood."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    await door.call("PATCH", place, "essex analyst", {"group": "g"}, if_match='"1"', **MERGE)
    await door.call("DELETE", place, "analyst", {"reason": "seized"}, if_match='"2"')
    items = (await door.call("GET", f"{place}/history", "analyst")).json()["items"]
    assert [(item["act"], item["by"], item["reason"]) for item in items] == [
        ("created", "analyst", None),
        ("amended", "essex analyst", None),
        ("withdrawn", "analyst", "seized"),
    ]
    assert [item["entry"]["group"] for item in items] == [None, "g", "g"]


async def test_lists_are_paged_and_filtered(door: FrontDoor) -> None:
    """Cursors lead through all entries once; state and force narrow the list."""
    made = [await door.listed(plate=f"AB01CD{letter}") for letter in "ABCDE"]
    await door.listed(plate="AB50ESX", owner_force="essex")
    await door.call("DELETE", f"{ENTRIES}/{made[0]['entry_id']}", "analyst", if_match='"1"')
    seen: list[str] = []
    path = f"{ENTRIES}?limit=2&force=herts"
    while path:
        page = (await door.call("GET", path, "analyst")).json()
        assert len(page["items"]) <= 2
        seen += [item["entry_id"] for item in page["items"]]
        path = f"{ENTRIES}?limit=2&force=herts&cursor={page['next']}" if page["next"] else ""
    assert sorted(seen) == sorted(entry["entry_id"] for entry in made)
    active = (await door.call("GET", f"{ENTRIES}?state=active&force=herts", "analyst")).json()["items"]
    assert len(active) == 4


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "state=gone", "cursor=%00", "cursor=zzz"])
async def test_a_bad_question_is_refused(door: FrontDoor, query: str) -> None:
    """Parameters out of bounds are a 422 with problem+json."""
    answer = await door.call("GET", f"{ENTRIES}?{query}", "analyst")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]


async def test_search_finds_by_any_spelling_and_is_recorded(door: FrontDoor) -> None:
    """Plates travel in the body; the look-up is recorded with who and why, and without the plate."""
    made = await door.listed()
    search = {"plates": ["ab01 cde", "AB50ZZZ"], "reason": "CAD 114"}
    answer = await door.call("POST", f"{ENTRIES}/search", "analyst", search)
    assert [item["entry_id"] for item in answer.json()["items"]] == [made["entry_id"]]
    last = door.audited()[-1]
    assert (last.kind, last.action, last.reason) == ("consultation", "watchlist.search", "CAD 114")
    assert "AB01CDE" not in last.subject


@pytest.mark.parametrize(
    ("search", "pointer"),
    [
        ({"plates": ["AB01CDE"]}, "/reason"),
        ({"plates": ["AB01CDE"], "reason": " "}, "/reason"),
        ({"plates": [], "reason": "x"}, "/plates"),
        ({"plates": ["AB01CDE", "?"], "reason": "x"}, "/plates/1"),
    ],
)
async def test_a_search_without_reason_or_plate_is_refused(
    door: FrontDoor, search: dict[str, Any], pointer: str
) -> None:
    """Looking somebody up needs a reason."""
    answer = await door.call("POST", f"{ENTRIES}/search", "analyst", search)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_reading_the_list_is_recorded(door: FrontDoor) -> None:
    """Each look at the list, an entry or a history is a consultation in the audit."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    for path in (ENTRIES, place, f"{place}/history"):
        await door.call("GET", path, "analyst")
    looked = [record.action for record in door.audited() if record.kind == "consultation"]
    assert looked == ["watchlist.list", "watchlist.entry", "watchlist.history"]


async def test_an_entry_that_is_not_shared_is_not_there(door: FrontDoor) -> None:
    """For a force that an entry is not shared with, every way to it answers as if there were none."""
    made = await door.listed(shared_with=["herts", "kent"])
    place = f"{ENTRIES}/{made['entry_id']}"
    for method, path in (("GET", place), ("PATCH", place), ("DELETE", place), ("GET", f"{place}/history")):
        answer = await door.call(
            method, path, "essex analyst", {} if method == "PATCH" else None, if_match='"1"', **MERGE
        )
        assert answer.status_code == 404
    assert (await door.call("GET", ENTRIES, "essex analyst")).json()["items"] == []
    search = {"plates": ["AB01CDE"], "reason": "x"}
    assert (await door.call("POST", f"{ENTRIES}/search", "essex analyst", search)).json()["items"] == []


async def test_no_analyst_hides_an_entry_from_the_own_force(door: FrontDoor) -> None:
    """An edit after which the editor could not see the entry is refused."""
    answer = await door.call("POST", ENTRIES, "essex analyst", door.entry(shared_with=["kent"]))
    assert [error["code"] for error in answer.json()["errors"]] == ["hidden_from_editor"]
