"""The API over real databases: what a store in memory cannot show."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.sql import migrate
from anpr_match.backends.sql.engine import Database
from tests.contract.stores import in_sql
from tests.unit.web.front_door import FrontDoor, opened

ENTRIES = "/v1/watchlist/entries"


@pytest.fixture(params=["sqlite", "postgresql"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[FrontDoor]:
    """The front door on a fresh database of each kind."""
    url = request.getfixturevalue("postgres_url" if request.param == "postgresql" else "sqlite_url")
    await asyncio.to_thread(migrate.upgrade, url)
    stores = in_sql(url, WoundClock())
    async with contextlib.AsyncExitStack() as cleanup:
        assert isinstance(stores.beneath, Database)
        cleanup.push_async_callback(stores.beneath.dispose)
        yield await cleanup.enter_async_context(opened(stores=stores))


async def test_an_entry_lives_and_ends(door: FrontDoor) -> None:
    """Listed, found, amended, hit and withdrawn: each step is in the answers and in the log."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    assert (await door.call("GET", place, "essex analyst")).json() == made
    changed = await door.call("PATCH", place, "essex analyst", {"warnings": ["dogs"]}, if_match='"1"')
    assert (changed.status_code, changed.json()["warnings"]) == (200, ["dogs"])
    assert (await door.call("PATCH", place, "analyst", {"group": "x"}, if_match='"1"')).status_code == 412
    identity = await door.hit(made["entry_id"], "r1")
    await door.call("DELETE", place, "analyst", {"reason": "seized"}, if_match='"2"')
    page = (await door.call("GET", "/v1/hits", "patrol")).json()
    assert [(item["type"], item["seq"], item["prev"]) for item in page["items"]] == [
        ("hit", 1, 0),
        ("hit.withdrawn", 2, 1),
    ]
    assert {item["hit"]["hit_id"] for item in page["items"]} == {identity}
    history = (await door.call("GET", f"{place}/history", "analyst")).json()["items"]
    assert [item["act"] for item in history] == ["created", "amended", "withdrawn"]


async def test_one_of_many_edits_at_once_wins(door: FrontDoor) -> None:
    """Of edits made on the same version at the same time one is taken, and the others are stale."""
    made = await door.listed()
    place = f"{ENTRIES}/{made['entry_id']}"
    edits = [door.call("PATCH", place, "analyst", {"group": f"g{n}"}, if_match='"1"') for n in range(6)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*edits))
    assert statuses == [200] + [412] * 5


async def test_one_key_at_once_makes_one_entry(door: FrontDoor) -> None:
    """The same POST with the same key, many times at once, lists one entry."""
    entry = door.entry()
    posts = [door.call("POST", ENTRIES, "analyst", entry, idempotency_key="k") for _ in range(6)]
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["entry_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "path",
    [
        f"{ENTRIES}/%00",
        f"{ENTRIES}/x%00/history",
        "/v1/hits/%00",
        f"{ENTRIES}?cursor=MTphAA",
        f"{ENTRIES}?cursor=%00",
        f"{ENTRIES}?force=%00",
        "/v1/hits?after=9223372036854775807",
    ],
)
async def test_what_a_database_chokes_on_does_not_reach_it(door: FrontDoor, path: str) -> None:
    """NUL characters and the largest numbers are answered by the door."""
    answer = await door.call("GET", path, "analyst")
    assert answer.status_code < 500, answer.text


async def test_any_script_is_kept_as_it_was_written(door: FrontDoor) -> None:
    """Text comes back from the database as it went in."""
    reason = "Ŵr o Gymru, 犬 🐕, “quoted”\nsecond line"
    made = await door.listed(reason=reason, plate="АВ01 СDЕ")
    again = (await door.call("GET", f"{ENTRIES}/{made['entry_id']}", "analyst")).json()
    assert (again["reason"], again["plate"]) == (reason, "АВ01 СDЕ")
