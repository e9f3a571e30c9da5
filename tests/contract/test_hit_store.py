"""What every hit store guarantees."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.errors import Fenced
from anpr_match.domain.event import Bounds, Event, Kind
from anpr_match.domain.hit import Recorded
from anpr_match.domain.watchlist import Entry
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Claim, Partition
from tests.contract.makers import ANALYST, some_hit, some_terms
from tests.contract.stores import Stores, settled

P0, P1, P2 = (Partition("reads", number) for number in range(3))


async def _entry(stores: Stores, entry_id: str = "e1", **terms: Any) -> Entry:
    return await stores.watchlist.create(entry_id, some_terms(**terms), ANALYST, START)


async def _events(stores: Stores) -> list[Event]:
    return await stores.hits.events(0, 10_000)


async def _told(stores: Stores) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in await _events(stores)]


async def test_first_claim(stores: Stores) -> None:
    """Who claims a partition that nobody read begins at its beginning."""
    claims = await stores.hits.claim([P1, P0])
    assert {partition: claim.next_offset for partition, claim in claims.items()} == {P0: None, P1: None}
    assert await stores.hits.claim([]) == {}


async def test_claim_goes_on(stores: Stores, another: Callable[[], Stores]) -> None:
    """The next owner goes on where the last one was done, with a greater epoch."""
    first = (await stores.hits.claim([P0, P1]))[P0]
    await stores.hits.record([], [Done(P0, first.owner_epoch, 42)])
    claims = await another().hits.claim([P0, P1, P2])
    assert (claims[P0].next_offset, claims[P1].next_offset, claims[P2].next_offset) == (42, None, None)
    assert all(claim.owner_epoch > first.owner_epoch for claim in claims.values())


async def test_claims_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """Of several who claim at once one is the owner in the end: the one with the greatest epoch."""
    processes = [stores, another(), another()]
    claims = await asyncio.gather(*(process.hits.claim([P0, P1]) for process in processes))
    epochs = [claim[P0].owner_epoch for claim in claims]
    assert len(set(epochs)) == 3
    for epoch in sorted(epochs)[:2]:
        with pytest.raises(Fenced):
            await stores.hits.record([], [Done(P0, epoch, 1)])
    await stores.hits.record([], [Done(P0, max(epochs), 1), Done(P1, max(epochs), 1)])


async def test_record(stores: Stores, another: Callable[[], Stores]) -> None:
    """A recorded hit is an event that any process sees, with what subscriptions filter by."""
    shared = ("beds", "herts")
    entry = await _entry(stores, category="theft", priority=1, operation_id="astare", shared_with=shared)
    hit = some_hit(entry, "r1")
    stores.clock.wind(2.5)
    recorded = await stores.hits.record([hit], [])
    assert recorded == Recorded(1, 1, (hit.hit_id,))
    (event,) = await _events(another())
    assert (event.seq, event.kind, event.hit_id) == (1, Kind.HIT, hit.hit_id)
    assert (event.owner_force, event.shared_with, event.category) == ("herts", shared, "theft")
    assert (event.priority, event.tier, event.operation_id) == (1, "exact", "astare")
    assert (event.captured_at, event.recorded_at) == (START, START + timedelta(seconds=2.5))
    told = json.loads(event.body)
    assert (told["hit_id"], told["seq"], told["sighting_reads"], told["previous"]) == (hit.hit_id, 1, 1, [])
    assert await another().hits.hit_body(hit.hit_id) == event
    assert await stores.hits.hit_body("h-nobody") is None


async def test_hits_and_offsets_together(stores: Stores) -> None:
    """Hits come in the order they are given, and the offsets stand with them."""
    entry = await _entry(stores)
    epoch = (await stores.hits.claim([P0, P1]))[P0].owner_epoch
    hits = [some_hit(entry, f"r{n}") for n in range(5)]
    recorded = await stores.hits.record(hits, [Done(P0, epoch, 10), Done(P1, epoch, 20)])
    assert recorded.hit_ids == tuple(hit.hit_id for hit in hits)
    assert [event.hit_id for event in await _events(stores)] == [hit.hit_id for hit in hits]
    claims = await stores.hits.claim([P0, P1])
    assert (claims[P0].next_offset, claims[P1].next_offset) == (10, 20)


async def test_nothing_to_record(stores: Stores) -> None:
    """A batch without hits moves the offsets, and tells where the log stands."""
    entry = await _entry(stores)
    epoch = (await stores.hits.claim([P0]))[P0].owner_epoch
    await stores.hits.record([some_hit(entry, "r1")], [])
    assert await stores.hits.record([], [Done(P0, epoch, 7)]) == Recorded(0, 1)
    assert await stores.hits.record([], []) == Recorded(0, 1)
    assert (await stores.hits.claim([P0]))[P0].next_offset == 7


async def test_twice_is_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """A hit is recorded once, though its read comes again: later, in one batch, or elsewhere."""
    entry = await _entry(stores)
    one, two, three = (some_hit(entry, f"r{n}") for n in range(3))
    assert (await stores.hits.record([one, one, two], [])).hits_new == 2
    again = await another().hits.record([two, three, one, three], [])
    assert (again.hits_new, again.hit_ids, again.head_seq) == (1, (three.hit_id,), 3)
    assert [event.hit_id for event in await _events(stores)] == [one.hit_id, two.hit_id, three.hit_id]
    assert [body["sighting_reads"] for body in await _told(stores)] == [1, 2, 3]


async def test_twice_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """Processes that record the same hits at once record each once."""
    entry = await _entry(stores)
    hits = [some_hit(entry, f"r{n}") for n in range(10)]
    processes = [stores, another(), another()]
    recorded = await asyncio.gather(*(process.hits.record(hits, []) for process in processes))
    assert sum(batch.hits_new for batch in recorded) == 10
    assert [event.seq for event in await _events(stores)] == list(range(1, 11))


async def test_one_read_of_two_entries(stores: Stores) -> None:
    """A read that matches two entries is a hit for each."""
    entries = [await _entry(stores, entry_id) for entry_id in ("e1", "e2")]
    recorded = await stores.hits.record([some_hit(entry, "r1") for entry in entries], [])
    assert recorded.hits_new == 2


async def test_order_under_many_writers(stores: Stores, another: Callable[[], Stores]) -> None:
    """The log is gapless and in the order in which it can be seen, while many processes write it."""
    entries = [await _entry(stores, f"e{n}") for n in range(3)]
    writers = [another() for _ in range(3)]
    follower = another()
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 90:
            page = await follower.hits.events(seen[-1] if seen else 0, 7)
            seen.extend(event.seq for event in page)
            assert seen == list(range(1, len(seen) + 1))

    async def write(number: int) -> None:
        hits = [some_hit(entries[n], f"r{number}-{n}") for n in range(3)]
        await writers[number % 3].hits.record(hits, [])

    await asyncio.gather(follow(), *(write(number) for number in range(30)))
    counts = sorted(body["sighting_reads"] for body in await _told(stores))
    assert counts == sorted(list(range(1, 31)) * 3)


async def test_fencing(stores: Stores, another: Callable[[], Stores]) -> None:
    """An owner that was replaced writes nothing at all, not even for partitions it still owns."""
    entry = await _entry(stores)
    mine = await stores.hits.claim([P0, P1])
    await another().hits.claim([P1])
    done = [Done(p, claim.owner_epoch, 9) for p, claim in mine.items()]
    with pytest.raises(Fenced):
        await stores.hits.record([some_hit(entry, "r1")], done)
    assert await _events(stores) == []
    assert (await stores.hits.claim([P0]))[P0].next_offset is None


async def test_fencing_what_was_never_claimed(stores: Stores) -> None:
    """Nobody can be done with a partition that was not claimed."""
    with pytest.raises(Fenced):
        await stores.hits.record([], [Done(P0, 1, 9)])


async def test_fencing_a_race(stores: Stores, another: Callable[[], Stores]) -> None:
    """When a claim and a batch of the owner before meet, the new owner begins after the batch if it
    was written, and at the same place if it was refused."""
    entry = await _entry(stores)
    new_owner = another()
    for round_ in range(10):
        before = (await stores.hits.claim([P0]))[P0]
        hit = some_hit(entry, f"r{round_}")
        batch, claims = await asyncio.gather(
            stores.hits.record([hit], [Done(P0, before.owner_epoch, round_)]),
            new_owner.hits.claim([P0]),
            return_exceptions=True,
        )
        assert isinstance(claims, dict)
        written = not isinstance(batch, BaseException)
        assert (await stores.hits.hit_body(hit.hit_id) is not None) == written
        assert claims[P0].next_offset == (round_ if written else before.next_offset)


async def test_offsets_never_go_back(stores: Stores) -> None:
    """A batch that was taken again and is behind leaves the offset where it is."""
    epoch = (await stores.hits.claim([P0]))[P0].owner_epoch
    await stores.hits.record([], [Done(P0, epoch, 9)])
    await stores.hits.record([], [Done(P0, epoch, 5)])
    assert await stores.hits.claim([P0]) == {P0: Claim(9, epoch + 1)}


async def test_two_slices_of_a_partition(stores: Stores) -> None:
    """The furthest slice of a partition counts."""
    epoch = (await stores.hits.claim([P0]))[P0].owner_epoch
    await stores.hits.record([], [Done(P0, epoch, 9), Done(P0, epoch, 12), Done(P0, epoch, 11)])
    assert (await stores.hits.claim([P0]))[P0].next_offset == 12


async def test_large_batch(stores: Stores) -> None:
    """A batch of more hits and entries than fit into one statement is recorded whole."""
    wanted = [(f"e{n:04}", some_terms()) for n in range(1_300)]
    entries = await stores.watchlist.create_many(wanted, ANALYST, START, "list")
    hits = [some_hit(entry, "r1") for entry in entries]
    assert (await stores.hits.record(hits, [])).hits_new == 1_300
    assert (await stores.hits.record(hits, [])).hits_new == 0
    assert [event.hit_id for event in await _events(stores)] == [hit.hit_id for hit in hits]


async def test_pages_of_events(stores: Stores) -> None:
    """Events are read on from any place, as many as asked for."""
    entry = await _entry(stores)
    await stores.hits.record([some_hit(entry, f"r{n}") for n in range(7)], [])
    assert [event.seq for event in await stores.hits.events(2, 3)] == [3, 4, 5]
    assert [event.seq for event in await stores.hits.events(5, 100)] == [6, 7]
    assert await stores.hits.events(7, 100) == []


async def test_bounds(stores: Stores, another: Callable[[], Stores]) -> None:
    """The log has one name in every process, and says where it begins and ends."""
    before = await stores.hits.bounds()
    assert (before.floor_seq, before.head_seq) == (0, 0)
    assert before.epoch
    entry = await _entry(stores)
    await stores.hits.record([some_hit(entry, f"r{n}") for n in range(7)], [])
    assert await another().hits.bounds() == Bounds(before.epoch, 0, 7)


async def test_withdrawal(stores: Stores) -> None:
    """Withdrawing an entry takes its open hits back, each once, with the reason; others stay."""
    entry, other = await _entry(stores, "e1", shared_with=("kent",)), await _entry(stores, "e2")
    hits = [some_hit(entry, "r1"), some_hit(other, "r1"), some_hit(entry, "r2")]
    await stores.hits.record(hits, [])
    later = START + timedelta(minutes=5)
    await stores.watchlist.withdraw("e1", 1, "sold to a farmer", ANALYST, later)
    first, _, second, *withdrawn = await _events(stores)
    assert [(event.seq, event.kind, event.hit_id) for event in withdrawn] == [
        (4, Kind.HIT_WITHDRAWN, first.hit_id),
        (5, Kind.HIT_WITHDRAWN, second.hit_id),
    ]
    assert (withdrawn[0].owner_force, withdrawn[0].shared_with) == ("herts", ("kent",))
    assert (withdrawn[0].captured_at, withdrawn[0].recorded_at) == (START, later)
    assert json.loads(withdrawn[0].body) == {
        "hit_id": first.hit_id,
        "entry_id": "e1",
        "sighting_id": json.loads(first.body)["sighting_id"],
        "reason": "sold to a farmer",
    }


async def test_a_withdrawn_hit_as_it_stands(stores: Stores) -> None:
    """A withdrawn hit says so when it is asked for; the log keeps what was announced."""
    entry = await _entry(stores)
    hit = some_hit(entry, "r1")
    await stores.hits.record([hit], [])
    announced = (await _events(stores))[0]
    await stores.watchlist.withdraw("e1", 1, "sold", ANALYST, START)
    stands = await stores.hits.hit_body(hit.hit_id)
    assert stands is not None
    assert (stands.seq, stands.kind) == (1, Kind.HIT)
    body = json.loads(stands.body)
    assert (body["withdrawn"], body["withdrawn_reason"]) == (True, "sold")
    assert (await _events(stores))[0] == announced
    assert json.loads(announced.body)["withdrawn"] is False


async def test_withdrawal_silences(stores: Stores, another: Callable[[], Stores]) -> None:
    """Nothing is announced of an entry once it is withdrawn, though a matcher had not heard of it."""
    entry = await _entry(stores)
    epoch = (await stores.hits.claim([P0]))[P0].owner_epoch
    await another().watchlist.withdraw("e1", 1, "sold", ANALYST, START)
    recorded = await stores.hits.record([some_hit(entry, "r1")], [Done(P0, epoch, 3)])
    assert recorded == Recorded(0, 0)
    assert await _events(stores) == []
    assert (await stores.hits.claim([P0]))[P0].next_offset == 3


async def test_an_end_silences(stores: Stores) -> None:
    """Nothing is announced of an entry whose end came before the match, ended already or not."""
    end = START + timedelta(hours=1)
    entry = await _entry(stores, ends_at=end)
    late = [
        some_hit(entry, "r1", matched_at=end),
        some_hit(entry, "r2", matched_at=end - timedelta(seconds=1)),
    ]
    assert (await stores.hits.record(late, [])).hit_ids == (late[1].hit_id,)
    await stores.watchlist.end_due(end, 10)
    assert [event.kind for event in await _events(stores)] == [Kind.HIT, Kind.HIT_WITHDRAWN]
    assert (await stores.hits.record([some_hit(entry, "r3")], [])).hits_new == 0


async def test_an_entry_that_is_not_there(stores: Stores) -> None:
    """A hit of an entry that is in no list is left out."""
    entry = await _entry(stores)
    nobody = some_hit(entry, "r1")
    ghost = some_hit(Entry("e9", 1, entry.terms, entry.state, START, "x", START, "x"), "r1")
    assert (await stores.hits.record([ghost, nobody], [])).hit_ids == (nobody.hit_id,)


async def test_old_hits_stay(stores: Stores) -> None:
    """A hit of the day before yesterday is no card any more, and is not taken back."""
    entry = await _entry(stores)
    await stores.hits.record([some_hit(entry, "r1")], [])
    stores.clock.wind(25 * 3600)
    fresh = some_hit(entry, "r2", stores.clock.now())
    await stores.hits.record([fresh], [])
    await stores.watchlist.withdraw("e1", 1, "sold", ANALYST, stores.clock.now())
    assert [event.hit_id for event in (await _events(stores))[2:]] == [fresh.hit_id]


async def test_withdrawal_meets_recording(stores: Stores, another: Callable[[], Stores]) -> None:
    """Whatever the order in which a withdrawal and hits meet, no hit stays announced."""
    other = another()
    for round_ in range(8):
        entry = await _entry(stores, f"e{round_}")
        batches = [[some_hit(entry, f"r{n}")] for n in range(4)]
        await asyncio.gather(
            *(stores.hits.record(batch, []) for batch in batches[:2]),
            other.watchlist.withdraw(entry.entry_id, 1, "sold", ANALYST, START),
            *(other.hits.record(batch, []) for batch in batches[2:]),
        )
    announced: set[str] = set()
    for event in await _events(stores):
        if event.kind is Kind.HIT:
            announced.add(event.hit_id)
        else:
            announced.remove(event.hit_id)
    assert announced == set()


async def test_the_character_zero(stores: Stores) -> None:
    """A read with the character 0 in its id, which not every database can store, is recorded once."""
    entry = await _entry(stores)
    hit = some_hit(entry, "r\0one")
    assert (await stores.hits.record([hit], [])).hits_new == 1
    assert (await stores.hits.record([hit], [])).hits_new == 0
    assert (await _told(stores))[0]["read"]["read_id"] == "r\0one"


async def test_cancelled(stores: Stores, another: Callable[[], Stores]) -> None:
    """A caller that leaves in the middle leaves no half of a batch, and nothing locked."""
    entry = await _entry(stores)
    epoch = (await stores.hits.claim([P0]))[P0].owner_epoch
    for number in range(12):
        hits = [some_hit(entry, f"r{number}-{n}") for n in range(2)]
        recording = asyncio.ensure_future(stores.hits.record(hits, [Done(P0, epoch, number + 1)]))
        for _ in range(number * 3):
            await asyncio.sleep(0)
        recording.cancel()
        await asyncio.wait([recording])
    await settled(stores)
    await another().hits.record([], [Done(P0, epoch, 100)])
    events = await _events(another())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len(events) % 2 == 0
    assert (await another().hits.bounds()).head_seq == len(events)
