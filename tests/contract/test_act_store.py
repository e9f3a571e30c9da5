"""What every store of acts guarantees."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.act import ActKind, Actor, Answer, HitAct, Outcome, act_id
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.errors import NotFound, Refused
from anpr_match.domain.event import Kind
from anpr_match.domain.handling import Status
from anpr_match.domain.watchlist import Response
from anpr_match.ports.act_store import Acted
from tests.contract.makers import A505, ANALYST, some_hit, some_terms
from tests.contract.stores import Stores

CH32 = Caller("t-ch32", Role.PATROL, "herts", "HERTS CH-32", unit_id="u-ch32")
LU01 = Caller("t-lu01", Role.PATROL, "beds", "BEDS LU-01", unit_id="u-lu01")
DAY = timedelta(days=1)


async def _hit(stores: Stores, read_id: str = "r1", entry_id: str = "e1", **more: Any) -> str:
    """Record a hit; `terms` are those of its entry, which is made when it is not there."""
    terms = more.pop("terms", {})
    entry = await stores.watchlist.entry(entry_id)
    if entry is None:
        entry = await stores.watchlist.create(entry_id, some_terms(**terms), ANALYST, START)
    hit = some_hit(entry, read_id, **more)
    await stores.hits.record([hit], [])
    return hit.hit_id


async def _act(stores: Stores, hit_id: str, kind: ActKind, by: Caller = CH32, **more: Any) -> Acted:
    now = stores.clock.now()
    actor = Actor(by.unit_id or by.token_id, by.name, by.force, by.unit_id)
    act = HitAct(act_id(actor, hit_id, more.pop("named", kind.value)), hit_id, kind, actor, now, now)
    return await stores.acts.act(replace(act, **more), by)


async def _state(stores: Stores, hit_id: str) -> dict[str, Any]:
    event = await stores.hits.hit_body(hit_id)
    assert event is not None
    state: dict[str, Any] = json.loads(event.body)
    return state


async def _kinds(stores: Stores) -> list[tuple[int, str, str]]:
    return [(e.seq, e.kind.value, e.hit_id) for e in await stores.hits.events(0, 1_000)]


async def test_a_new_hit_is_open(stores: Stores) -> None:
    """A hit is announced open, addressed to the force whose road the camera watches."""
    hit_id = await _hit(stores, terms={"operation_id": "astare"}, camera=A505)
    told = await _state(stores, hit_id)
    (event,) = await stores.hits.events(0, 10)
    assert (told["status"], told["acts"], told["taken_by"], told["answer"]) == ("open", [], None, None)
    assert told["routing"]["level"] == "near"
    assert (told["routing"]["forces"], told["routing"]["operation_id"]) == (["beds"], "astare")
    assert event.routing is not None
    assert event.routing.forces == ("beds",)
    assert json.loads(event.body) == told


async def test_acknowledge(stores: Stores, another: Callable[[], Stores]) -> None:
    """An act changes the hit, is told in the log at the next number, and is in the audit."""
    hit_id = await _hit(stores)
    stores.clock.wind(20)
    acted = await _act(stores, hit_id, ActKind.ACKNOWLEDGE)
    assert acted.new
    told = json.loads(acted.event.body)
    assert told == await _state(another(), hit_id)
    assert told["status"] == "acknowledged"
    (act,) = told["acts"]
    assert (act["kind"], act["callsign"], act["force"], act["unit_id"]) == (
        "acknowledge", "HERTS CH-32", "herts", "u-ch32",
    )  # fmt: skip
    hit, updated = await stores.hits.events(0, 10)
    assert (updated.seq, updated.kind, updated.hit_id) == (2, Kind.HIT_UPDATED, hit_id)
    assert json.loads(updated.body) == told
    assert json.loads(hit.body)["status"] == "open"
    audited = [record async for record in stores.audit.records()][-1]
    assert (audited.action, audited.subject, audited.by) == ("hit.acknowledge", hit_id, "t-ch32")
    assert await stores.audit.verify() is None


async def test_twice_is_once(stores: Stores) -> None:
    """An act that comes again changes nothing; its id on another act is refused."""
    hit_id = await _hit(stores)
    first = await _act(stores, hit_id, ActKind.TAKE, named="7")
    stores.clock.wind(5)
    again = await _act(stores, hit_id, ActKind.TAKE, named="7")
    assert (first.new, again.new) == (True, False)
    assert again.event == first.event
    with pytest.raises(Refused):
        await _act(stores, hit_id, ActKind.NOT_IT, named="7", answer=Answer.MISREAD)
    assert len(await _kinds(stores)) == 2


async def test_no_such_hit(stores: Stores) -> None:
    """A hit that is not there, or not shared with the force, cannot be acted on."""
    hidden = await _hit(stores, terms={"shared_with": ("herts",)})
    for hit_id in ("h-none", hidden):
        with pytest.raises(NotFound):
            await _act(stores, hit_id, ActKind.TAKE, LU01)
    assert len(await _kinds(stores)) == 1


async def test_the_first_who_takes_it_has_it(stores: Stores) -> None:
    """A second unit's act is recorded and shown, and the hit stays with the first."""
    hit_id = await _hit(stores)
    await _act(stores, hit_id, ActKind.TAKE, LU01)
    stores.clock.wind(1)
    told = json.loads((await _act(stores, hit_id, ActKind.TAKE, CH32)).event.body)
    assert (told["status"], told["taken_by"]["callsign"]) == ("taken", "BEDS LU-01")
    assert [act["callsign"] for act in told["acts"]] == ["HERTS CH-32", "BEDS LU-01"]


async def test_two_acts_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """Acts of two processes at once settle in one order, which everybody sees."""
    hit_id = await _hit(stores)
    callers = [replace(CH32, unit_id=f"u-{n}", name=f"HERTS {n}") for n in range(6)]
    desks = [stores, another()]
    told = await asyncio.gather(
        *(_act(desks[n % 2], hit_id, ActKind.TAKE, by) for n, by in enumerate(callers))
    )
    holders = {json.loads(acted.event.body)["taken_by"]["callsign"] for acted in told}
    assert len(holders) == 1
    events = await stores.hits.events(0, 10)
    assert [event.seq for event in events] == list(range(1, 8))
    first = json.loads(events[1].body)["acts"][0]["callsign"]
    assert holders == {first}
    shown = [act["callsign"] for act in (await _state(stores, hit_id))["acts"]]
    assert shown == [json.loads(event.body)["acts"][0]["callsign"] for event in reversed(events[1:])]


async def test_a_hit_given_back_is_open_again(stores: Stores) -> None:
    """Only who has it can give it back; then it waits anew, goes wider in its own time, and can be taken."""
    hit_id = await _hit(stores, terms={"priority": 1, "shared_with": ("beds", "herts")}, camera=A505)
    other = await _hit(stores, "r2", terms={"priority": 1}, camera=A505)
    sighting = (await _state(stores, hit_id))["sighting_id"]
    assert (await _state(stores, other))["sighting_id"] == sighting
    await _act(stores, hit_id, ActKind.TAKE)
    stores.clock.wind(500)
    assert json.loads((await _act(stores, hit_id, ActKind.GIVE_BACK, LU01)).event.body)["status"] == "taken"
    told = json.loads((await _act(stores, hit_id, ActKind.GIVE_BACK)).event.body)
    assert (told["status"], told["taken_by"]) == ("open", None)
    assert told["acts"][0]["callsign"] == "HERTS CH-32"
    assert (await _state(stores, other))["status"] == "open"
    assert await stores.acts.open_by_priority() == {1: 2}
    stores.clock.wind(59)
    assert await stores.acts.step_due(stores.clock.now(), 10) == 0
    stores.clock.wind(1)
    assert await stores.acts.step_due(stores.clock.now(), 10) == 2
    told = json.loads((await _act(stores, hit_id, ActKind.TAKE, LU01)).event.body)
    assert (told["status"], told["taken_by"]["callsign"]) == ("taken", "BEDS LU-01")
    assert [act["kind"] for act in told["acts"]] == ["take", "widen", "give_back", "give_back", "take"]


async def test_a_hit_that_went_wider_is_given_back_once_more(stores: Stores) -> None:
    """Each time it is given back it has all its steps before it, and expires in the end."""
    hit_id = await _hit(stores, terms={"priority": 1}, camera=A505)
    for turn in range(2):
        stores.clock.wind(60)
        assert await stores.acts.step_due(stores.clock.now(), 10) == 1
        await _act(stores, hit_id, ActKind.TAKE, named=f"take {turn}")
        await _act(stores, hit_id, ActKind.GIVE_BACK, named=f"back {turn}")
        stores.clock.wind(60)
    stores.clock.wind(3_600)
    while await stores.acts.step_due(stores.clock.now(), 10):
        stores.clock.wind(3_600)
    assert (await _state(stores, hit_id))["status"] == "expired"


async def test_not_it(stores: Stores) -> None:
    """ "Not it" closes a hit with its answer, but not one that another unit has."""
    mine, other = await _hit(stores, "r1", "e1"), await _hit(stores, "r2", "e2")
    told = await _act(stores, mine, ActKind.NOT_IT, answer=Answer.MISREAD, plate_true="AB01 COE")
    closed = json.loads(told.event.body)
    assert (closed["status"], closed["answer"]) == ("closed", "misread")
    assert closed["acts"][0]["plate_true"] == "AB01 COE"
    await _act(stores, other, ActKind.TAKE, LU01)
    await _act(stores, other, ActKind.NOT_IT, CH32, answer=Answer.DEALT_WITH)
    held = await _state(stores, other)
    assert (held["status"], held["answer"], held["taken_by"]["force"]) == ("taken", "dealt_with", "beds")


async def test_outcomes(stores: Stores) -> None:
    """A hit may have several outcomes; a unit that saw nothing does not end another's search."""
    hit_id = await _hit(stores)
    await _act(stores, hit_id, ActKind.TAKE, LU01)
    await _act(stores, hit_id, ActKind.OUTCOME, CH32, outcome=Outcome.NOT_SEEN, answer=Answer.NOT_SEEN)
    assert (await _state(stores, hit_id))["status"] == "taken"
    for outcome in (Outcome.STOPPED, Outcome.DOGS_SEIZED):
        stores.clock.wind(60)
        await _act(stores, hit_id, ActKind.OUTCOME, LU01, named=outcome, outcome=outcome, answer=Answer.RIGHT)
    told = await _state(stores, hit_id)
    assert (told["status"], told["outcome"], told["answer"]) == ("closed", "dogs_seized", "right")


async def test_offline_acts_merge_by_their_time(stores: Stores) -> None:
    """An act that comes late is told with its own time, and does not undo what was done after it."""
    hit_id = await _hit(stores)
    stores.clock.wind(600)
    now = stores.clock.now()
    await _act(stores, hit_id, ActKind.NOT_IT, LU01, answer=Answer.MISREAD, at=now)
    early = now - timedelta(seconds=300)
    await _act(stores, hit_id, ActKind.OUTCOME, outcome=Outcome.STOPPED, answer=Answer.RIGHT, at=early)
    told = await _state(stores, hit_id)
    assert (told["status"], told["answer"]) == ("closed", "misread")
    assert [act["kind"] for act in told["acts"]] == ["outcome", "not_it"]
    assert told["acts"][0]["at"] < told["acts"][0]["recorded_at"]


async def test_one_passing_one_answer(stores: Stores) -> None:
    """An act on one hit answers the others of its passing, each in the log, and those yet to come."""
    first = await _hit(stores, "r1")
    second = await _hit(stores, "r2", captured_at=START + timedelta(minutes=2))
    other_vehicle = await _hit(stores, "r3", "e2")
    await _act(stores, second, ActKind.TAKE)
    assert [kind for kind in await _kinds(stores) if kind[1] == "hit.updated"] == [
        (4, "hit.updated", second),
        (5, "hit.updated", first),
    ]
    third = await _hit(stores, "r4", captured_at=START + timedelta(minutes=4), camera=A505)
    for hit_id in (first, second, third):
        told = await _state(stores, hit_id)
        assert (told["status"], told["taken_by"]["callsign"]) == ("taken", "HERTS CH-32")
        assert told["acts"][0]["hit_id"] == second
    assert (await _state(stores, other_vehicle))["status"] == "open"
    next_day = await _hit(stores, "r5", captured_at=START + DAY)
    assert (await _state(stores, next_day))["status"] == "open"


async def test_two_entries_one_answer(stores: Stores) -> None:
    """Of a car that two forces have listed one act answers both hits, each with an event of its own."""
    one, two = await _hit(stores, "r1", "e1"), await _hit(stores, "r1", "e2")
    await _act(stores, two, ActKind.TAKE)
    assert [kind for kind in await _kinds(stores) if kind[1] == "hit.updated"] == [
        (3, "hit.updated", two),
        (4, "hit.updated", one),
    ]
    assert (await _state(stores, one))["taken_by"]["callsign"] == "HERTS CH-32"
    await _act(stores, one, ActKind.GIVE_BACK)
    assert [(await _state(stores, hit_id))["status"] for hit_id in (one, two)] == ["open", "open"]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [(ActKind.NOT_IT, Answer.OUT_OF_DATE), (ActKind.OUTCOME, Answer.STALE_ENTRY)],
    ids=["not it", "outcome"],
)
async def test_an_entry_out_of_date_says_nothing_of_another(
    stores: Stores, kind: ActKind, answer: Answer
) -> None:
    """What is wrong with one force's entry leaves the hit on the other's as it was."""
    one, two = await _hit(stores, "r1", "e1"), await _hit(stores, "r1", "e2")
    again = await _hit(stores, "r2", "e1", captured_at=START + timedelta(minutes=1))
    await _act(stores, one, kind, answer=answer)
    assert [(await _state(stores, hit_id))["status"] for hit_id in (one, again, two)] == [
        "closed", "closed", "open",
    ]  # fmt: skip


async def test_an_act_answers_only_what_its_unit_may_see(stores: Stores) -> None:
    """An entry that another force keeps to itself is not answered by a unit that knows nothing of it."""
    seen = await _hit(stores, "r1", "e1")
    hidden = await _hit(stores, "r1", "e2", terms={"owner_force": "kent", "shared_with": ("kent",)})
    await _act(stores, seen, ActKind.NOT_IT, answer=Answer.DEALT_WITH)
    assert (await _state(stores, seen))["status"] == "closed"
    assert (await _state(stores, hidden))["status"] == "open"


@pytest.mark.parametrize(
    ("answer", "text", "status"),
    [
        (Answer.MISREAD, "AB01CDE", "closed"),
        (Answer.MISREAD, "AB01COE", "open"),
        (Answer.DIFFERENT_VEHICLE, "AB01COE", "closed"),
    ],
)
async def test_after_not_it(stores: Stores, answer: Answer, text: str, status: str) -> None:
    """A further read of a passing that was "not it" is closed too, unless another text was the misread."""
    hit_id = await _hit(stores)
    await _act(stores, hit_id, ActKind.NOT_IT, answer=answer)
    entry = await stores.watchlist.entry("e1")
    assert entry is not None
    hit = some_hit(entry, "r2", START + timedelta(minutes=1))
    hit = replace(hit, match=replace(hit.match, plate_read=text))
    await stores.hits.record([hit], [])
    assert (await _state(stores, hit.hit_id))["status"] == status


async def test_escalation(stores: Stores, another: Callable[[], Stores]) -> None:
    """An open hit of priority 1 goes wider, to the control room, and expires, each step once and told."""
    hit_id = await _hit(stores, terms={"priority": 1, "shared_with": ("beds", "herts")}, camera=A505)
    steps: list[tuple[int, str, str, list[str]]] = []
    moments_s = (0, 59, 60, 61, 179, 180, 181, 1_000, 3_599, 3_600, 3_601, 7_200)
    for before_s, at_s in pairwise(moments_s):
        stores.clock.wind(at_s - before_s)
        desks = [stores, another()] if at_s in (60, 180, 3_600) else [stores]
        taken = sum(await asyncio.gather(*(desk.acts.step_due(stores.clock.now(), 10) for desk in desks)))
        if taken:
            told = await _state(stores, hit_id)
            steps.append((at_s, told["status"], told["routing"]["level"], told["routing"]["forces"]))
    assert steps == [
        (60, "open", "wide", ["herts", "beds"]),
        (180, "open", "control_room", ["herts", "beds"]),
        (3_600, "expired", "control_room", ["herts", "beds"]),
    ]
    told = await _state(stores, hit_id)
    assert [act["kind"] for act in told["acts"]] == ["expire", "call_control_room", "widen"]
    assert "control room" in told["status_reason"]
    assert len(await _kinds(stores)) == 4


async def test_an_answer_ends_escalation(stores: Stores) -> None:
    """A hit that somebody acknowledged goes no further, and is no longer open."""
    hit_id = await _hit(stores, terms={"priority": 1})
    assert await stores.acts.open_by_priority() == {1: 1}
    await _act(stores, hit_id, ActKind.ACKNOWLEDGE)
    assert await stores.acts.open_by_priority() == {}
    assert await stores.acts.step_due(START + DAY, 10) == 0


@pytest.mark.parametrize(
    ("terms", "late"), [({"priority": 3}, False), ({"priority": 1}, True)], ids=["low", "late"]
)
async def test_what_does_not_escalate(stores: Stores, terms: dict[str, Any], late: bool) -> None:
    """A late hit, or one of low priority, only expires, with the reason."""
    hit_id = await _hit(stores, terms=terms, late=late)
    assert await stores.acts.step_due(START + timedelta(seconds=3_599), 10) == 0
    assert await stores.acts.step_due(START + timedelta(seconds=3_600), 10) == 1
    told = await _state(stores, hit_id)
    assert (told["status"], told["routing"]["level"]) == ("expired", "near")
    assert "late" in told["status_reason"]


async def test_for_the_record_only(stores: Stores) -> None:
    """A hit of an entry that asks for nothing is closed from the beginning and addressed to nobody."""
    hit_id = await _hit(stores, terms={"response": Response.LOG_ONLY, "priority": 1})
    told = await _state(stores, hit_id)
    (event,) = await stores.hits.events(0, 10)
    assert (told["status"], told["routing"]) == ("closed", None)
    assert event.routing is not None
    assert event.routing.forces == ()
    assert await stores.acts.open_by_priority() == {}


async def test_an_expired_hit_can_be_answered(stores: Stores) -> None:
    """Whoever answers after the time has run out is heard."""
    hit_id = await _hit(stores)
    while await stores.acts.step_due(START + 2 * DAY, 10):
        stores.clock.wind(DAY.total_seconds())
    assert (await _act(stores, hit_id, ActKind.TAKE)).new
    assert (await _state(stores, hit_id))["status"] == "taken"


async def test_a_withdrawn_hit(stores: Stores) -> None:
    """A withdrawn hit waits for nobody; what its units did is recorded all the same."""
    hit_id = await _hit(stores, terms={"priority": 1})
    await stores.watchlist.withdraw("e1", 1, "seized", ANALYST, stores.clock.now())
    assert await stores.acts.open_by_priority() == {}
    assert await stores.acts.standing(Status.OPEN, START, 10) == []
    told = json.loads((await _act(stores, hit_id, ActKind.OUTCOME, outcome=Outcome.SEIZED)).event.body)
    assert (told["status"], told["withdrawn"], told["outcome"]) == ("closed", True, "seized")
    assert await stores.acts.step_due(START + DAY, 10) == 0
    assert await stores.acts.tally(START) == {Status.CLOSED: 1}


async def test_reports(stores: Stores) -> None:
    """What is open, what became of the others, and what was answered, for reports."""
    hits = [await _hit(stores, f"r{n}", f"e{n}") for n in range(4)]
    await _act(stores, hits[0], ActKind.NOT_IT, answer=Answer.MISREAD, plate_true="AB01COE")
    await _act(stores, hits[1], ActKind.ACKNOWLEDGE)
    stores.clock.wind(60)
    await _act(stores, hits[2], ActKind.OUTCOME, outcome=Outcome.CPW, answer=Answer.RIGHT)
    (standing,) = await stores.acts.standing(Status.OPEN, START, 10)
    assert (standing.hit_id, standing.entry_id, standing.recorded_at) == (hits[3], "e3", START)
    assert await stores.acts.standing(Status.OPEN, START + timedelta(seconds=1), 10) == []
    assert await stores.acts.tally(START) == {Status.OPEN: 1, Status.ACKNOWLEDGED: 1, Status.CLOSED: 2}
    assert [one.hit_id for one in await stores.acts.announced(START, 3)] == [hits[3], hits[2], hits[1]]
    answered = await stores.acts.answered(START, None, 10)
    assert [(one.act.hit_id, one.act.answer) for one in answered] == [
        (hits[0], Answer.MISREAD),
        (hits[2], Answer.RIGHT),
    ]
    assert json.loads(answered[0].body)["plate_read"] == "AB01CDE"
    assert [one.act.hit_id for one in await stores.acts.answered(START, "e2", 10)] == [hits[2]]
    since = START + timedelta(seconds=1)
    assert [one.act.hit_id for one in await stores.acts.answered(since, None, 10)] == [hits[2]]
