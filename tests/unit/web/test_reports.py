"""What became of hits, and what officers' answers say, over REST."""

from typing import Any

import pytest

from tests.unit.web.front_door import BY, FrontDoor


async def _get(door: FrontDoor, path: str, who: str = "analyst") -> Any:
    answer = await door.call("GET", path, who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _answer(door: FrontDoor, hit_id: str, answer: str, **more: str) -> None:
    body = {"kind": "not_it", "answer": answer, **more}
    sent = await door.call("POST", f"/v1/hits/{hit_id}/acknowledgements", "patrol", body)
    assert sent.status_code == 201, sent.text


async def _outcome(door: FrontDoor, hit_id: str, **body: str) -> None:
    sent = await door.call("POST", f"/v1/hits/{hit_id}/outcomes", "patrol", body)
    assert sent.status_code == 201, sent.text


async def test_unanswered(door: FrontDoor) -> None:
    """Open hits, what became of the others, and nothing when all are answered."""
    entry = await door.listed(priority=1)
    hit_id = await door.hit(entry["entry_id"], "r1")
    found = await _get(door, "/v1/hits/unanswered", "operator")
    (item,) = found["items"]
    assert (item["hit_id"], item["level"], item["priority"]) == (hit_id, "near", 1)
    assert (found["tally"]["open"], found["overdue"]) == (1, 0)
    await _answer(door, hit_id, "misread")
    found = await _get(door, "/v1/hits/unanswered")
    assert (found["items"], found["tally"]["open"], found["tally"]["closed"]) == ([], 0, 1)


async def test_overdue(door: FrontDoor) -> None:
    """An open hit whose step did not come is overdue, which says that nobody takes steps."""
    entry = await door.listed(priority=1)
    await door.hit(entry["entry_id"], "r1")
    door.clock.wind(91)
    assert (await _get(door, "/v1/hits/unanswered"))["overdue"] == 1


async def test_unanswered_of_others(door: FrontDoor) -> None:
    """What is not shared with the caller's force is counted and not named; units have no such report."""
    entry = await door.listed(shared_with=["herts"])
    await door.hit(entry["entry_id"], "r1")
    found = await _get(door, "/v1/hits/unanswered", "essex analyst")
    assert (found["items"], found["tally"]["open"]) == ([], 1)
    assert (await door.call("GET", "/v1/hits/unanswered", "patrol")).status_code == 403
    assert (await door.call("GET", "/v1/hits/unanswered?status=lost", "analyst")).status_code == 422


async def test_precision(door: FrontDoor) -> None:
    """The share of plates that were read right, by list, camera, rule and model; the last answer counts."""
    first, second = await door.listed(), await door.listed(plate="AB50ZZZ", category="theft")
    hits = [await door.hit(first["entry_id"], f"r{n}") for n in range(3)]
    theft = await door.hit(second["entry_id"], "r9")
    await _outcome(door, hits[0], outcome="stopped", answer="right")
    await _answer(door, hits[1], "dealt_with")
    await _outcome(door, hits[2], outcome="stopped", answer="right")
    door.clock.wind(60)
    await _outcome(door, hits[2], outcome="no_further_action", answer="wrong_plate")
    await _outcome(door, theft, outcome="not_seen")
    found = {(one["by"], one["name"]): one for one in (await _get(door, "/v1/hits/precision"))["items"]}
    own = found["list", "hare_coursing of herts"]
    counts = (own["right"], own["right_plate_stale_entry"], own["wrong_plate"], own["not_seen"])
    assert (counts, own["precision"]) == ((1, 1, 1, 0), 0.6667)
    assert found["list", "theft of herts"]["precision"] is None
    assert found["camera", "CAM001"]["not_seen"] == 1
    assert found["rule", "exact"]["precision"] == 0.6667
    assert found["model", "unnamed"]["right"] == 1


async def test_answers_on_an_entry(door: FrontDoor) -> None:
    """The history of an entry shows what officers answered; twice amiss, and it is to be looked at."""
    entry = await door.listed()
    path = f"/v1/watchlist/entries/{entry['entry_id']}/history"
    hits = [await door.hit(entry["entry_id"], f"r{n}") for n in range(2)]
    await _answer(door, hits[0], "misread", plate_true="AB01 COE")
    answers = (await _get(door, path))["answers"]
    assert (answers["answers"], answers["needs_review"]) == ({"misread": 1}, False)
    (said,) = answers["recent"]
    assert (said["callsign"], said["force"], said["plate_true"]) == ("patrol", "herts", "AB01 COE")
    await _outcome(door, hits[1], outcome="stopped", answer="right_plate_stale_entry")
    answers = (await _get(door, path))["answers"]
    assert (answers["outcomes"], answers["needs_review"]) == ({"stopped": 1}, True)
    assert [said["kind"] for said in answers["recent"]] == ["outcome", "not_it"]


async def test_load(door: FrontDoor) -> None:
    """A unit's cards, each passing once, beside what a crew can deal with; nothing is held back."""
    unit, new = await door.registers.add_unit("HERTS CH-32", "herts", BY, door.clock.now())
    door.tokens["unit"] = new.token
    path = f"/v1/units/{unit.unit_id}/load"
    assert (await _get(door, path, "unit"))["state"] == "steady"
    for n in range(11):
        entry = await door.listed(plate=f"AB01C{chr(65 + n)}E")
        for read in range(2):
            await door.hit(entry["entry_id"], f"r{n}-{read}")
    load = await _get(door, path)
    assert (load["last_10_min"], load["last_hour"], load["state"]) == (11, 11, "flood")
    assert (load["callsign"], load["budget_10_min"], len(load["noisiest"])) == ("HERTS CH-32", 1, 3)
    door.clock.wind(601)
    assert (await _get(door, path, "operator"))["state"] == "over"


@pytest.mark.parametrize("who", ["patrol", "kent patrol"])
async def test_the_load_of_another(door: FrontDoor, who: str) -> None:
    """A unit sees its own load and no other's."""
    unit, _ = await door.registers.add_unit("HERTS CH-32", "herts", BY, door.clock.now())
    assert (await door.call("GET", f"/v1/units/{unit.unit_id}/load", who)).status_code == 404


async def test_pairs(door: FrontDoor) -> None:
    """Answers are pairs of what was read and what the plate is, as far as somebody knows; it is audited."""
    entry, pattern = await door.listed(), await door.listed(plate=None, pattern="AB0?ZZZ")
    hits = [await door.hit(entry["entry_id"], f"r{n}") for n in range(5)]
    by_pattern = await door.hit(pattern["entry_id"], "p1")
    await _outcome(door, hits[0], outcome="arrest")
    await _answer(door, hits[1], "misread", plate_true="ab01 coe")
    await _answer(door, hits[2], "misread")
    await _answer(door, hits[3], "different_vehicle", plate_true="=1+1")
    await _answer(door, hits[4], "out_of_date")
    await _outcome(door, by_pattern, outcome="stopped", answer="right")
    found = await door.services.answers.pairs(30.0, "cli:test")
    assert {(pair.pair_id, pair.plate, pair.true_plate) for pair in found.pairs} == {
        (hits[0], "AB01CDE", "AB01CDE"),
        (hits[1], "AB01CDE", "AB01COE"),
        (hits[4], "AB01CDE", "AB01CDE"),
    }
    assert {verdict.value: left for verdict, left in found.left_out.items()} == {"wrong_plate": 2, "right": 1}
    assert (door.audited()[-1].action, door.audited()[-1].by) == ("hits.pairs", "cli:test")
