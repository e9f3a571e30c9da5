"""What every watchlist store guarantees."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.errors import AlreadyExists, Conflict, NotFound, Refused, Stale
from anpr_match.domain.watchlist import Act, Change, Entry, Response, State
from tests.contract.makers import ANALYST, some_terms
from tests.contract.stores import Stores

LATER = START + timedelta(hours=1)


async def test_create(stores: Stores) -> None:
    """A new entry is version 1, active, and says who made it and when."""
    made = await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    assert made == Entry("e1", 1, some_terms(), State.ACTIVE, START, "desk 4", START, "desk 4")
    assert await stores.watchlist.entry("e1") == made


async def test_every_term_comes_back(stores: Stores) -> None:
    """Terms come back as they were written, every field of them."""
    terms = some_terms(
        plate="ab01 cde",
        vrm="AB01CDE",
        pattern="AB0?*",
        make="Ford",
        model="Ranger",
        colour="silver",
        type="pick-up",
        priority=1,
        response=Response.STOP_WITH_CAUTION,
        warnings=("dogs", "catapults – “both”"),
        source="CAD 114",
        operation_id="astare",
        group="g1",
        starts_at=LATER,
        shared_with=("beds", "herts"),
    )
    await stores.watchlist.create("e1", terms, ANALYST, START)
    found = await stores.watchlist.entry("e1")
    assert found is not None
    assert found.terms == terms
    assert (await stores.watchlist.snapshot()).entries[0].terms == terms


async def test_create_twice(stores: Stores) -> None:
    """An entry's id can be taken once; the second try changes nothing."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    with pytest.raises(AlreadyExists):
        await stores.watchlist.create("e1", some_terms("XY01ZZZ"), ANALYST, START)
    assert await stores.watchlist.revision() == 1
    found = await stores.watchlist.entry("e1")
    assert found is not None
    assert found.terms.plate == "AB01CDE"


async def test_create_many(stores: Stores) -> None:
    """An import is there as a whole, with a revision and a history for each entry."""
    wanted = [(f"e{n:04}", some_terms(f"AB01{n:04}")) for n in range(1_200)]
    made = await stores.watchlist.create_many(wanted, ANALYST, START, "weekly list")
    assert [entry.entry_id for entry in made] == [entry_id for entry_id, _ in wanted]
    changes = await stores.watchlist.changes(0, 5_000)
    assert [change.revision for change in changes] == list(range(1, 1_201))
    assert [change.entry for change in changes] == made
    assert (await stores.watchlist.history("e0700"))[0].reason == "weekly list"


async def test_create_many_all_or_none(stores: Stores) -> None:
    """An import with one id that is taken leaves nothing behind."""
    await stores.watchlist.create("e5", some_terms(), ANALYST, START)
    wanted = [(f"e{n}", some_terms()) for n in range(10)]
    with pytest.raises(AlreadyExists):
        await stores.watchlist.create_many(wanted, ANALYST, START, "list")
    assert await stores.watchlist.revision() == 1
    assert len((await stores.watchlist.snapshot()).entries) == 1
    assert await stores.watchlist.create_many([], ANALYST, START, "nothing") == []


async def test_amend(stores: Stores) -> None:
    """An amended entry is the next version, with who made it and who amended it."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    amended = await stores.watchlist.amend("e1", 1, some_terms("XY01ZZZ"), ANALYST, LATER)
    assert (amended.version, amended.terms.plate) == (2, "XY01ZZZ")
    assert (amended.created_at, amended.updated_at) == (START, LATER)
    assert await stores.watchlist.entry("e1") == amended


async def test_amend_refusals(stores: Stores) -> None:
    """Amending and withdrawing name what stands in the way, and change nothing."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    await stores.watchlist.withdraw("e1", 1, "sold", ANALYST, LATER)
    with pytest.raises(NotFound):
        await stores.watchlist.amend("e2", 1, some_terms(), ANALYST, LATER)
    with pytest.raises(Stale):
        await stores.watchlist.amend("e1", 1, some_terms(), ANALYST, LATER)
    with pytest.raises(Conflict) as conflict:
        await stores.watchlist.amend("e1", 2, some_terms(), ANALYST, LATER)
    assert not isinstance(conflict.value, Stale)
    with pytest.raises(Conflict):
        await stores.watchlist.withdraw("e1", 2, "again", ANALYST, LATER)
    with pytest.raises(NotFound):
        await stores.watchlist.withdraw("e2", 1, "nobody", ANALYST, LATER)
    assert await stores.watchlist.revision() == 2


async def test_amend_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """Of analysts who amend the same version at once, exactly one succeeds; the others are told."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    editors = [stores, another(), another()]
    tries = [
        editors[n % 3].watchlist.amend("e1", 1, some_terms(f"AB01{n:03}"), ANALYST, LATER) for n in range(12)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    winners = [result for result in results if isinstance(result, Entry)]
    assert len(winners) == 1
    assert sum(isinstance(result, Stale) for result in results) == 11
    assert await stores.watchlist.entry("e1") == winners[0]
    assert await stores.watchlist.revision() == 2
    assert [version.entry.version for version in await stores.watchlist.history("e1")] == [1, 2]


async def test_history(stores: Stores) -> None:
    """History tells each act with the entry as it stood, who, when and why, oldest first."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    await stores.watchlist.amend("e1", 1, some_terms("XY01ZZZ"), ANALYST, LATER)
    await stores.watchlist.withdraw("e1", 2, "sold", ANALYST, LATER)
    history = await stores.watchlist.history("e1")
    assert [(v.act, v.entry.version, v.entry.terms.plate, v.at, v.by, v.reason) for v in history] == [
        (Act.CREATED, 1, "AB01CDE", START, "desk 4", None),
        (Act.AMENDED, 2, "XY01ZZZ", LATER, "desk 4", None),
        (Act.WITHDRAWN, 3, "XY01ZZZ", LATER, "desk 4", "sold"),
    ]
    assert history[2].entry.state is State.WITHDRAWN
    assert await stores.watchlist.history("e2") == []


async def test_changes_are_read_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """An edit that has returned is in the next snapshot and the next changes, in every process."""
    other = another()
    made = await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    assert await other.watchlist.changes(0, 10) == [Change(1, made)]
    amended = await other.watchlist.amend("e1", 1, some_terms("XY01ZZZ"), ANALYST, LATER)
    assert await stores.watchlist.changes(1, 10) == [Change(2, amended)]
    assert (await stores.watchlist.snapshot()).entries == [amended]
    assert await stores.watchlist.changes(2, 10) == []


async def test_changes_tell_what_stood(stores: Stores) -> None:
    """A change tells the entry as it came to look at that revision, not as it looks now."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    await stores.watchlist.amend("e1", 1, some_terms("XY01ZZZ"), ANALYST, LATER)
    await stores.watchlist.withdraw("e1", 2, "sold", ANALYST, LATER)
    changes = await stores.watchlist.changes(0, 10)
    assert [(c.entry.terms.plate, c.entry.state) for c in changes] == [
        ("AB01CDE", State.ACTIVE),
        ("XY01ZZZ", State.ACTIVE),
        ("XY01ZZZ", State.WITHDRAWN),
    ]
    assert [c.revision for c in await stores.watchlist.changes(1, 1)] == [2]


async def test_changes_under_edits(stores: Stores, another: Callable[[], Stores]) -> None:
    """Revisions are gapless and in the order in which they can be seen, while many edit at once."""
    editors = [another() for _ in range(3)]
    follower = another()
    seen: list[int] = []
    done = asyncio.Event()

    async def follow() -> None:
        while not (done.is_set() and len(seen) == 60):
            changes = await follower.watchlist.changes(len(seen), 7)
            seen.extend(change.revision for change in changes)

    async def edit(number: int) -> None:
        store = editors[number % 3].watchlist
        entry = await store.create(f"e{number}", some_terms(), ANALYST, START)
        entry = await store.amend(entry.entry_id, 1, some_terms("XY01ZZZ"), ANALYST, LATER)
        await store.withdraw(entry.entry_id, 2, "sold", ANALYST, LATER)

    async def edits() -> None:
        await asyncio.gather(*(edit(number) for number in range(20)))
        done.set()

    await asyncio.gather(follow(), edits())
    assert seen == list(range(1, 61))


async def test_snapshot_under_edits(stores: Stores, another: Callable[[], Stores]) -> None:
    """A snapshot with the changes after it is the list, whenever it is taken."""
    editor = another()

    async def edit() -> None:
        for number in range(15):
            entry = await editor.watchlist.create(f"e{number:02}", some_terms(), ANALYST, START)
            if number % 3 == 0:
                await editor.watchlist.withdraw(entry.entry_id, 1, "sold", ANALYST, LATER)

    async def check() -> None:
        revision = 0
        while revision < 20:
            snapshot = await stores.watchlist.snapshot()
            revision = snapshot.revision
            followed = _followed([], await stores.watchlist.changes(0, revision))
            assert {e.entry_id: e for e in snapshot.entries} == followed

    await asyncio.gather(edit(), check())


def _followed(entries: list[Entry], changes: list[Change]) -> dict[str, Entry]:
    followed = {entry.entry_id: entry for entry in entries}
    for change in changes:
        followed.pop(change.entry.entry_id, None)
        if change.entry.state is State.ACTIVE:
            followed[change.entry.entry_id] = change.entry
    return followed


async def test_end_due(stores: Stores) -> None:
    """Entries whose end has come are ended, the longest due first, and only once."""
    for n in range(5):
        terms = some_terms(ends_at=START + timedelta(hours=n))
        await stores.watchlist.create(f"e{n}", terms, ANALYST, START)
    at = START + timedelta(hours=3)
    assert await stores.watchlist.end_due(at, 3) == 3
    assert await stores.watchlist.end_due(at, 3) == 1
    assert await stores.watchlist.end_due(at, 3) == 0
    ended = await stores.watchlist.entry("e3")
    assert ended is not None
    assert (ended.state, ended.version, ended.updated_at) == (State.ENDED, 2, at)
    assert [entry.entry_id for entry in (await stores.watchlist.snapshot()).entries] == ["e4"]
    assert (await stores.watchlist.history("e3"))[-1].act is Act.ENDED


async def test_end_due_in_many_processes(stores: Stores, another: Callable[[], Stores]) -> None:
    """Processes that end entries at once end each of them once."""
    for n in range(6):
        await stores.watchlist.create(f"e{n}", some_terms(ends_at=LATER), ANALYST, START)
    enders = [stores, another(), another()]
    counts = await asyncio.gather(*(ender.watchlist.end_due(LATER, 10) for ender in enders))
    assert sum(counts) == 6
    assert await stores.watchlist.revision() == 12


async def test_amending_can_save_an_entry(stores: Stores) -> None:
    """An entry whose end was put off in time does not end."""
    await stores.watchlist.create("e1", some_terms(ends_at=LATER), ANALYST, START)
    await stores.watchlist.amend("e1", 1, some_terms(), ANALYST, START)
    assert await stores.watchlist.end_due(LATER, 10) == 0


async def test_pages(stores: Stores) -> None:
    """Pages list every entry once, by id, and the last one says that it is the last."""
    for n in range(7):
        await stores.watchlist.create(f"e{n}", some_terms(), ANALYST, START)
    pages, cursor = [], None
    while True:
        page = await stores.watchlist.entries(cursor, 3, None, None)
        pages.append([entry.entry_id for entry in page.items])
        if page.next is None:
            break
        cursor = page.next
    assert pages == [["e0", "e1", "e2"], ["e3", "e4", "e5"], ["e6"]]


async def test_pages_end_evenly(stores: Stores) -> None:
    """A page that holds exactly the rest is the last one."""
    for n in range(3):
        await stores.watchlist.create(f"e{n}", some_terms(), ANALYST, START)
    assert (await stores.watchlist.entries(None, 3, None, None)).next is None
    assert (await stores.watchlist.entries(None, 3, State.ENDED, None)).items == []


async def test_pages_by_state_and_force(stores: Stores) -> None:
    """A listing can be bounded to a state and to the entries of one force."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    await stores.watchlist.create("e2", some_terms(owner_force="kent"), ANALYST, START)
    await stores.watchlist.create("e3", some_terms(owner_force="kent"), ANALYST, START)
    await stores.watchlist.withdraw("e3", 1, "sold", ANALYST, LATER)
    active_kent = await stores.watchlist.entries(None, 10, State.ACTIVE, "kent")
    assert [entry.entry_id for entry in active_kent.items] == ["e2"]
    withdrawn = await stores.watchlist.entries(None, 10, State.WITHDRAWN, None)
    assert [entry.entry_id for entry in withdrawn.items] == ["e3"]


@pytest.mark.parametrize("cursor", ["", "e1", "ZTE", "é", "!!!!", "MTpl" * 1_000])
async def test_bad_cursor(stores: Stores, cursor: str) -> None:
    """A text that is no cursor is refused with a pointer to it."""
    with pytest.raises(Refused) as refused:
        await stores.watchlist.entries(cursor, 3, None, None)
    assert refused.value.problems[0].pointer == "/cursor"


async def test_search(stores: Stores) -> None:
    """A search finds active entries by comparable plate, and is on record with its reason."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    await stores.watchlist.create("e2", some_terms(), ANALYST, START)
    await stores.watchlist.create("e3", some_terms("XY01ZZZ"), ANALYST, START)
    await stores.watchlist.withdraw("e2", 1, "sold", ANALYST, LATER)
    found = await stores.watchlist.search(["AB01CDE", "XY01ZZZ", "QQ01QQQ"], ANALYST, "CAD 7", LATER)
    assert [entry.entry_id for entry in found] == ["e1", "e3"]
    record = [record async for record in stores.audit.records()][-1]
    assert (record.action, record.subject, record.reason, record.by) == (
        "watchlist.search",
        "e1 e3",
        "CAD 7",
        "t-analyst",
    )


async def test_edits_are_audited(stores: Stores) -> None:
    """Every edit is on record with who, what and why, and without the plate."""
    await stores.watchlist.create("e1", some_terms(ends_at=LATER), ANALYST, START)
    await stores.watchlist.create("e2", some_terms(), ANALYST, START)
    await stores.watchlist.amend("e2", 1, some_terms("XY01ZZZ"), ANALYST, START)
    await stores.watchlist.withdraw("e2", 2, "sold", ANALYST, START)
    await stores.watchlist.end_due(LATER, 10)
    records = [record async for record in stores.audit.records()]
    assert [(r.action, r.subject, r.by, r.force, r.reason) for r in records] == [
        ("watchlist.created", "e1", "t-analyst", "herts", None),
        ("watchlist.created", "e2", "t-analyst", "herts", None),
        ("watchlist.amended", "e2", "t-analyst", "herts", None),
        ("watchlist.withdrawn", "e2", "t-analyst", "herts", "sold"),
        ("watchlist.ended", "e1", "anpr-match", None, "its end date has come"),
    ]
    assert "AB01CDE" not in repr(records)
    assert await stores.audit.verify() is None


async def test_the_character_zero(stores: Stores) -> None:
    """A text with the character 0, which not every database can store, does no harm."""
    made = await stores.watchlist.create("e1", some_terms(category="a\0b", vrm="A\0B"), ANALYST, START)
    assert (await stores.watchlist.changes(0, 10))[0].entry.version == made.version
    assert await stores.watchlist.entry("e\0") is None
