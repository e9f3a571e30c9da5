"""The index finds what looking at every plate would find, whatever was edited since it was built."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr_match.bench import plates
from anpr_match.domain.read import Vehicle
from anpr_match.domain.watchlist import Entry, State
from anpr_match.matching import index as index_module
from anpr_match.matching.index import WatchlistIndex
from tests.unit.matching import brute
from tests.unit.matching.voi import a_change, a_voi

STEMS = ["AB", "AB1I", "AB01I", "AABB01O", "AB1I0OAB1", "AB1I0OAB1I", "AB1I0OAB1I0O"]


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A text near to others, of any length: of texts drawn freely no two are an edit apart, but for the
    shortest."""
    text = draw(st.sampled_from(STEMS))
    for instead in draw(st.lists(st.text("AB1O", max_size=2), max_size=2)):
        place = draw(st.integers(0, len(text) - 1)) if text else 0
        text = text[:place] + instead + text[place + 1 :]
    return text or "A"


crowded = mangled()
ids = st.integers(0, 40).map(str)
acts = st.tuples(ids, crowded, st.sampled_from([State.ACTIVE, State.ACTIVE, State.WITHDRAWN, State.ENDED]))


def amended(
    index: WatchlistIndex, standing: dict[str, Entry], edits: list[tuple[str, str, State]]
) -> WatchlistIndex:
    """The index after the edits, made in `standing` too."""
    changes = []
    for entry_id, vrm, state in edits:
        entry = a_voi(entry_id, vrm, state=state)
        changes.append(a_change(entry, index.revision + 1))
        standing.pop(entry_id, None)
        if state is State.ACTIVE:
            standing[entry_id] = entry
    return index.amended(changes)


def check(index: WatchlistIndex, standing: dict[str, Entry], reads: list[str]) -> None:
    assert len(index) == len(standing)
    assert brute.found(index, index.find(reads)) == brute.near(reads, standing.values())
    assert brute.found(index, index.find_wider(reads)) == brute.wide(reads, standing.values())
    equal = {hit for hit in brute.near(reads, standing.values()) if reads[hit[0]] == hit[1]}
    assert brute.found(index, index.find_exact(reads)) == equal


@settings(max_examples=60, deadline=None)
@given(
    listed=st.lists(crowded, min_size=10, max_size=40),
    steps=st.lists(st.lists(acts, min_size=1, max_size=6), max_size=4),
    reads=st.lists(crowded, min_size=10, max_size=30),
)
def test_same_as_brute_force(
    listed: list[str], steps: list[list[tuple[str, str, State]]], reads: list[str]
) -> None:
    """Every search gives the pairs of brute force after every edit and withdrawal, none twice."""
    standing = {str(n): a_voi(str(n), vrm) for n, vrm in enumerate(listed)}
    index = WatchlistIndex.build(list(standing.values()), revision=1)
    check(index, standing, reads)
    for edits in steps:
        index = amended(index, standing, edits)
        check(index, standing, reads)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1_000, 5_000, 50_000]))
def test_same_as_brute_force_on_long_lists(seed: int, size: int) -> None:
    """Lists of up to 50,000 plates, edited at random, give the pairs of brute force."""
    random = np.random.default_rng(seed)
    fleet = plates.fleet(size + 1_000, seed)
    standing = {str(n): a_voi(str(n), vrm) for n, vrm in enumerate(fleet[:size])}
    index = WatchlistIndex.build(list(standing.values()), revision=1)
    assert index.wide == (size <= index_module.WIDE_ENTRIES_MAX)
    edits = []
    for _ in range(300):
        vrm = fleet[int(random.integers(len(fleet)))]
        state = State.WITHDRAWN if random.random() < 0.5 else State.ACTIVE
        edits.append((str(random.integers(size + 100)), vrm, state))
    for step in (edits[:100], edits[100:]):
        index = amended(index, standing, step)
    reads = [plates.misread(random, fleet[int(random.integers(size))]) for _ in range(150)]
    reads += fleet[size - 20 : size + 100] + [vrm for _, vrm, _ in edits[:30]]
    assert brute.found(index, index.find(reads)) == brute.near(reads, standing.values())
    if index.wide:
        assert brute.found(index, index.find_wider(reads)) == brute.wide(reads, standing.values())


def test_two_forces_on_one_car() -> None:
    """Every entry under a plate is found, also when one of them came later or is amended."""
    index = WatchlistIndex.build([a_voi("a", "AB01CDE"), a_voi("b", "AB01CDE")], revision=1)
    index = index.amended([a_change(a_voi("c", "AB01CDE"), 2)])
    (slot,) = index.find(["AB01CDE"]).slot.tolist()
    assert {entry.entry_id for entry in index.entries_of(slot)} == {"a", "b", "c"}


def test_old_index_stands() -> None:
    """An index that was amended still answers as before: whoever holds it is not disturbed."""
    before = WatchlistIndex.build([a_voi("a", "AB01CDE")], revision=1)
    after = before.amended([a_change(a_voi("a", "AB01CDE", state=State.WITHDRAWN), 2)])
    assert (len(before), before.revision, before.find(["AB01CDE"]).slot.tolist()) == (1, 1, [0])
    assert (len(after), after.revision, after.find(["AB01CDE"]).slot.tolist()) == (0, 2, [])


def test_entry_that_changes_its_kind() -> None:
    """An entry that turns from a plate into a pattern and back is found once, as what it is."""
    index = WatchlistIndex.build([a_voi("a", "AB01CDE")], revision=1)
    index = index.amended([a_change(a_voi("a", pattern="AB01*"), 2)])
    assert not len(index.find(["AB01CDE"]).slot)
    assert [entry.version for _, entry in index.find_patterns(["AB01CDE"])] == [1]
    index = index.amended([a_change(a_voi("a", "AB01CDE"), 3)])
    assert len(index.find(["AB01CDE"]).slot) == 1
    assert index.find_patterns(["AB01CDE"]) == []
    assert len(index) == 1


def test_patterns_and_descriptions_follow_edits() -> None:
    """A withdrawn pattern or description of the base is found no more; an added one is."""
    listed = [a_voi("p", pattern="*CDE"), a_voi("d", make="Subaru", colour="Silver")]
    index = WatchlistIndex.build(listed, revision=1)
    car = Vehicle(make="SUBARU ", colour="silver", model="Forester")
    assert [entry.entry_id for _, entry in index.find_patterns(["AB01CDE"])] == ["p"]
    assert [entry.entry_id for _, entry in index.find_described([None, car])] == ["d"]
    gone = [a_voi("p", pattern="*CDE", state=State.ENDED), a_voi("d", state=State.WITHDRAWN)]
    later = index.amended([a_change(entry, 2) for entry in gone])
    assert later.find_patterns(["AB01CDE"]) == []
    assert later.find_described([car]) == []
    assert len(later) == 0
    later = later.amended([a_change(a_voi("q", pattern="AB??CDE"), 3)])
    assert [entry.entry_id for _, entry in later.find_patterns(["AB01CDE"])] == ["q"]


def test_description_needs_all_that_it_says() -> None:
    """A vehicle whose colour is not known or another does not fit a description that names one."""
    index = WatchlistIndex.build([a_voi("d", make="Subaru", colour="Silver")], revision=1)
    cars = [Vehicle(make="Subaru"), Vehicle(make="Subaru", colour="Blue"), Vehicle(colour="Silver")]
    assert index.find_described(cars) == []


def test_rebuild_is_asked_for() -> None:
    """After more edits than the delta should hold the index asks to be built anew."""
    index = WatchlistIndex.build([a_voi("a", "AB01CDE")], revision=1)
    entries = [a_voi(f"n{n}", f"AB01{n:03d}") for n in range(index_module.WIDE_EDITS_MAX + 1)]
    assert not index.amended([a_change(entry, 2) for entry in entries[:5]]).needs_rebuild()
    assert index.amended([a_change(entry, 2) for entry in entries]).needs_rebuild()


def test_nothing_asked_and_nothing_listed() -> None:
    """Empty lists and empty batches find nothing."""
    empty = WatchlistIndex.build([], revision=0)
    assert len(empty) == 0
    assert not len(empty.find(["AB01CDE"]).read)
    assert not len(empty.find_wider(["AB01CDE", ""]).read)
    assert not len(WatchlistIndex.build([a_voi("a", "AB01CDE")], 1).find([]).read)
    assert empty.amended([]).revision == 0
