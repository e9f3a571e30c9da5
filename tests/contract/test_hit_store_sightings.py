"""What every hit store guarantees of sightings: which hits belong to one passing of a vehicle."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.hit import Hit
from anpr_match.domain.watchlist import Entry
from tests.contract.makers import A505, A1081, ANALYST, some_hit, some_terms
from tests.contract.stores import Stores


async def _entry(stores: Stores, entry_id: str = "e1") -> Entry:
    return await stores.watchlist.create(entry_id, some_terms(), ANALYST, START)


async def _told(stores: Stores) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in await stores.hits.events(0, 10_000)]


def _drive(entry: Entry, minutes: list[float]) -> list[Hit]:
    return [
        some_hit(entry, f"r{n}", START + timedelta(minutes=at), A505 if n % 2 else A1081)
        for n, at in enumerate(minutes)
    ]


@pytest.mark.parametrize("batches", ["one", "many"])
async def test_sightings(stores: Stores, batches: str) -> None:
    """Reads of a vehicle within ten minutes of one another are one sighting, further apart another."""
    hits = _drive(await _entry(stores), [0, 9, 18.9, 30, 31, 60])
    for batch in [hits] if batches == "one" else [[hit] for hit in hits]:
        await stores.hits.record(batch, [])
    told = await _told(stores)
    assert [body["sighting_reads"] for body in told] == [1, 2, 3, 1, 2, 1]
    groups = [len(list(group)) for _, group in itertools.groupby(body["sighting_id"] for body in told)]
    assert groups == [3, 2, 1]


async def test_misreads_of_one_passing(another: Callable[[], Stores]) -> None:
    """However a vehicle was misread its reads are one sighting, each of them told, and a new process goes on
    where the last one ended."""
    entry = await _entry(another())
    for n, text in enumerate(["AB01CDE", "A801CDE", "AB01CD", "AB01CDE"]):
        hit = some_hit(entry, f"r{n}", START + timedelta(minutes=n))
        misread = replace(
            hit,
            read=msgspec.structs.replace(hit.read, plate=text),
            match=replace(hit.match, plate_read=text),
        )
        await another().hits.record([misread], [])
    told = await _told(another())
    assert [body["sighting_reads"] for body in told] == [1, 2, 3, 4]
    assert len({body["sighting_id"] for body in told}) == 1


async def test_entries_of_one_plate(stores: Stores) -> None:
    """Two forces' entries for one car both fire, and cars are told of one passing; each entry counts its
    reads, and knows only of its own sightings before."""
    first = await _entry(stores, "e1")
    await stores.hits.record([some_hit(first, "r0", START - timedelta(hours=1))], [])
    second = await _entry(stores, "e2")
    for read_id, minute in (("r1", 0), ("r2", 1)):
        at = START + timedelta(minutes=minute)
        await stores.hits.record([some_hit(entry, read_id, at) for entry in (first, second)], [])
    before, *told = await _told(stores)
    assert [body["entry"]["entry_id"] for body in told] == ["e1", "e2", "e1", "e2"]
    assert len({body["sighting_id"] for body in told}) == 1
    assert [body["sighting_reads"] for body in told] == [1, 1, 2, 2]
    assert [len(body["previous"]) for body in told] == [1, 0, 1, 0]
    assert told[0]["previous"][0]["sighting_id"] == before["sighting_id"] != told[0]["sighting_id"]


async def test_entries_of_different_plates(stores: Stores) -> None:
    """A read that may be either of two listed vehicles is of two passings."""
    one = await _entry(stores)
    two = await stores.watchlist.create("e2", some_terms("AB01CDF"), ANALYST, START)
    await stores.hits.record([some_hit(entry, "r1") for entry in (one, two)], [])
    assert len({body["sighting_id"] for body in await _told(stores)}) == 2


async def test_an_entry_that_comes_while_its_vehicle_passes(stores: Stores) -> None:
    """It begins a passing of its own: a new reason to stop a car must not fold into a card answered
    before."""
    first = await _entry(stores, "e1")
    await stores.hits.record([some_hit(first, "r1")], [])
    second = await _entry(stores, "e2")
    at = START + timedelta(minutes=1)
    await stores.hits.record([some_hit(entry, "r2", at) for entry in (first, second)], [])
    one, further, two = await _told(stores)
    assert one["sighting_id"] == further["sighting_id"] != two["sighting_id"]


async def test_a_withdrawal_names_the_passing(stores: Stores) -> None:
    """The card to take a hit from is told by the id that came with the hit."""
    for entry_id in ("e1", "e2"):
        await stores.hits.record([some_hit(await _entry(stores, entry_id), "r1")], [])
    await stores.watchlist.withdraw("e2", 1, "sold", ANALYST, START)
    one, two, withdrawn = await _told(stores)
    assert withdrawn["sighting_id"] == one["sighting_id"] == two["sighting_id"]
    assert (withdrawn["entry_id"], withdrawn["hit_id"]) == ("e2", two["hit_id"])


async def test_late_read(stores: Stores) -> None:
    """A read that comes in late belongs to the sighting of its time, not to the newest."""
    hits = _drive(await _entry(stores), [0, 60, 120, 62])
    for hit in hits:
        await stores.hits.record([hit], [])
    told = await _told(stores)
    assert told[3]["sighting_id"] == told[1]["sighting_id"]
    assert told[3]["sighting_reads"] == 2
    assert [before["sighting_id"] for before in told[3]["previous"]] == [told[0]["sighting_id"]]


@pytest.mark.parametrize("batches", ["one", "many"])
async def test_previous(stores: Stores, batches: str) -> None:
    """A hit tells of the last three sightings before its own, newest first, by their last read."""
    hits = _drive(await _entry(stores), [0, 60, 120, 180, 185, 240])
    for batch in [hits] if batches == "one" else [[hit] for hit in hits]:
        await stores.hits.record(batch, [])
    told = await _told(stores)
    assert told[0]["previous"] == []
    assert [before["captured_at"] for before in told[5]["previous"]] == [
        "2026-01-05T15:05:00Z",
        "2026-01-05T14:00:00Z",
        "2026-01-05T13:00:00Z",
    ]
    assert told[5]["previous"][0] == {
        "sighting_id": told[3]["sighting_id"],
        "captured_at": "2026-01-05T15:05:00Z",
        "reads": 2,
        "camera_id": "CAM001",
        "camera": "Harpenden North",
        "road": "A1081",
        "force": "herts",
    }
    assert told[4]["previous"] == told[3]["previous"]
