"""Neighbours are swapped in marks that a person typed, and in no others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr_match.bench import plates
from anpr_match.domain.hit import Match, Tier
from anpr_match.domain.read import Candidate, Read
from anpr_match.matching import candidates, index, model, typed
from anpr_match.matching.batch import ByColumn, Cameras
from anpr_match.matching.candidates import Batch
from anpr_match.matching.index import Pairs, WatchlistIndex
from anpr_match.matching.learn import Confirmed, learn
from anpr_match.matching.matcher import Borders, Matcher, Memory
from anpr_match.matching.model import Model
from anpr_match.matching.seen import SeenBefore
from tests.unit.matching import brute
from tests.unit.matching.test_index import crowded, ids
from tests.unit.matching.voi import a_change, a_voi

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
DESK = {"desk": typed.ENGINE}
LONG = [a_voi(plate, plate) for plate in plates.fleet(index.WIDE_ENTRIES_MAX + 1, 1)]
"""A list too long for the wider search, by which alone no swap is found."""


@pytest.fixture(scope="module")
def shipped() -> Model:
    """The model that is shipped."""
    return model.default()


@pytest.fixture(scope="module")
def long() -> WatchlistIndex:
    """An index of the long list with the plate that is looked for."""
    return WatchlistIndex.build([*LONG, a_voi("e", "AB12CDE")], 1)


def a_read(plate: str, camera: str = "desk", **more: Any) -> Read:
    return Read(camera, AT, plate, **more)


def found(
    shipped: Model,
    reads: list[Read],
    listed: WatchlistIndex,
    engines: Mapping[str, str] = DESK,
    memory: Memory | None = None,
) -> list[Match]:
    """Every match of the reads with the plate that is looked for, however unlikely."""
    matcher = Matcher(shipped, Borders(possible=1e-300), memory)
    return [m for _, m in matcher.match(reads, listed, AT, engines) if m.entry.entry_id == "e"]


@pytest.mark.parametrize("text", ["AB21CDE", "BA12CDE", "AB12CED", "AB1C2DE"])
def test_a_swap_is_found_and_told(shipped: Model, long: WatchlistIndex, text: str) -> None:
    """A listed plate typed with two neighbours swapped, wherever, is found once, and the officer is told
    which."""
    (match,) = found(shipped, [a_read(text)], long)
    at = next(i for i in range(7) if text[i] != "AB12CDE"[i])
    assert match.reason == f"{text[at]} and {text[at + 1]} were swapped"
    assert match.tier is not Tier.EXACT


@pytest.mark.parametrize("engines", [{}, {"desk": "other"}, {"desk": "Typed"}, {"elsewhere": typed.ENGINE}])
def test_a_camera_swaps_nothing(shipped: Model, long: WatchlistIndex, engines: dict[str, str]) -> None:
    """A read by any other engine, or by none on record, does not match the plate with two neighbours
    swapped."""
    assert found(shipped, [a_read("AB21CDE")], long, engines) == []


def test_cameras_stay_what_they_are_beside_a_typed_mark(shipped: Model) -> None:
    """What a camera's reads match, and how, is the same whether or not a person types beside it."""
    texts = ["AB12CDE", "AB21CDE", "AB12COE", "A812CDE", "BA12CDE"]
    cameras = [a_read(text, "C1") for text in texts]
    short = WatchlistIndex.build([a_voi("e", "AB12CDE"), a_voi("f", "AB21CDF")], 1)
    matcher = Matcher(shipped, Borders(possible=1e-300))
    alone = matcher.match(cameras, short, AT, {})
    beside = matcher.match([*cameras, *map(a_read, texts)], short, AT, DESK)
    assert [pair for pair in beside if pair[0] < len(cameras)] == alone


def test_a_swap_is_added_to_what_is_found_anyway(shipped: Model) -> None:
    """On a short list, where two edits are looked for, a typed swap comes once too, and is likelier by
    its own chance than by the two edits alone, at which a camera's read is no hit."""
    short = WatchlistIndex.build([a_voi("e", "AB12CDE")], 1)
    (by_hand,) = found(shipped, [a_read("AB21CDE")], short)
    (camera,) = found(shipped, [a_read("AB21CDE")], short, {})
    assert camera.probability < Borders().possible < by_hand.probability
    assert "swapped" not in camera.reason


def test_only_the_swap_is_likelier(shipped: Model) -> None:
    """A typed mark that is wrong in another way is as likely as a camera's of an engine never seen."""
    short = WatchlistIndex.build([a_voi("e", "AB12CDE")], 1)
    for text in ("AB12CDE", "AB12COE", "AB12CD", "ABI2CDE", "AB32CDF", "CB1ADE2"):
        assert found(shipped, [a_read(text)], short) == found(shipped, [a_read(text)], short, {})


def test_a_known_text_is_not_looked_at(shipped: Model, long: WatchlistIndex) -> None:
    """A typed text that two cameras have seen is some vehicle's plate, as it is of any read."""
    memory = Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))
    reads = [a_read("AB21CDE", camera) for camera in ("C1", "C2", "desk")]
    assert found(shipped, reads, long, memory=memory) == []


def test_a_swap_that_is_named_as_another_reading_comes_once(shipped: Model, long: WatchlistIndex) -> None:
    """What is found by a swap and by another reading is one match, which tells both."""
    read = a_read("AB21CDE", candidates=(Candidate("AB21CDE"), Candidate("AB12CDE")))
    (match,) = found(shipped, [read], long)
    assert match.reason.startswith("2 and 1 were swapped, the camera offered the listed plate")


def test_typed_reads_are_told_apart_by_camera() -> None:
    """The reads of sources at which a person types are named in their order, and of others none."""
    cameras = Cameras(["C1", "desk", "C2", "car"], np.array([1, 0, 3, 2, 1]))
    engines = {"C1": "a", "desk": typed.ENGINE, "car": typed.ENGINE}
    assert typed.reads(cameras, engines).tolist() == [0, 2, 4]
    assert typed.reads(cameras, {"C1": "a"}).tolist() == []
    assert typed.reads(Cameras([], np.empty(0, np.intp)), engines).tolist() == []


@pytest.mark.parametrize(
    ("read", "listed", "at"),
    [
        ("AB21CDE", "AB12CDE", 2),
        ("AB12CED", "AB12CDE", 5),
        ("AB12CDE", "AB12CDE", None),
        ("AB31CDE", "AB12CDE", None),
        ("AB21CED", "AB12CDE", None),
        ("AB12CD", "AB12CDE", None),
        ("AB12CDE", "AB12CD", None),
        ("AB12CDF", "AB12CDE", None),
        ("", "", None),
    ],
)
def test_where_two_were_swapped(read: str, listed: str, at: int | None) -> None:
    """The place of the swap is told where that and nothing else lies between the texts."""
    assert typed.swapped_at(read, listed) == at


@pytest.mark.parametrize(
    ("text", "swaps"),
    [
        ("AABBC", ["ABABC", "AABCB"]),
        ("AB12", []),
        ("AB1I0OAB1I0O0", []),
        ("AAAAA", []),
    ],
)
def test_each_swap_is_one_text(text: str, swaps: list[str]) -> None:
    """To swap two equal neighbours changes nothing, and texts too short or too long are not swapped."""
    assert list(typed.swaps(text)) == swaps


def test_a_swap_teaches_no_camera(shipped: Model) -> None:
    """Confirmed pairs of typed marks with two characters swapped leave the model as it is; those of a
    camera are learned from."""
    plain = [Confirmed("AB12CDE", "AB12CDE", "desk", typed.ENGINE)] * 9
    swaps = [Confirmed("AB21CDE", "AB12CDE", "desk", typed.ENGINE)] * 9
    assert learn([*plain, *swaps], shipped, "m").to_json() == learn(plain, shipped, "m").to_json()
    camera = [Confirmed(pair.read, pair.plate, "desk", "other") for pair in swaps]
    assert learn([*plain, *camera], shipped, "m").to_json() != learn(plain, shipped, "m").to_json()


@st.composite
def with_a_swap(draw: st.DrawFn) -> str:
    """A text near to others, often with neighbours swapped, more than one pair of them too."""
    text = draw(crowded)
    for at in draw(st.lists(st.integers(0, 11), max_size=2)):
        text = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    return text


@settings(max_examples=60, deadline=None)
@given(
    listed=st.lists(crowded, min_size=10, max_size=40),
    edits=st.lists(st.tuples(ids, with_a_swap()), max_size=4),
    texts=st.lists(with_a_swap(), min_size=5, max_size=20),
    long=st.booleans(),
)
def test_candidates_are_those_of_brute_force(
    listed: list[str], edits: list[tuple[str, str]], texts: list[str], long: bool
) -> None:
    """Of typed marks every listed plate one swap of neighbours away is a candidate beside those of any
    read, on short lists and long ones, edited or not, and of other reads none is; nothing comes twice."""
    entries = {str(i): a_voi(str(i), vrm) for i, vrm in enumerate(listed)}
    filling = LONG if long else []
    built = WatchlistIndex.build([*entries.values(), *filling], 1)
    changes = [a_change(a_voi(entry_id, vrm), i) for i, (entry_id, vrm) in enumerate(edits, 2)]
    entries |= {change.entry.entry_id: change.entry for change in changes}
    standing, amended = [*entries.values(), *filling], built.amended(changes)
    reads = ByColumn([a_read(text, ("desk", "C1")[i % 2]) for i, text in enumerate(texts)])
    batch = Batch(reads, *reads.texts, reads.cameras, np.zeros(len(texts), np.uint8))
    pairs = candidates.find(batch, amended, typed.reads(reads.cameras, DESK))
    equal = {hit for hit in brute.near(texts, standing) if texts[hit[0]] == hit[1]}
    with_exact = {hit[0] for hit in equal}
    fuzzy = brute.near(texts, standing) if long else brute.wide(texts, standing)
    fuzzy |= {hit for hit in brute.swapped(texts, standing) if hit[0] % 2 == 0}
    expected = equal | {hit for hit in fuzzy if hit[0] not in with_exact and _aligned(texts[hit[0]], hit[1])}
    assert brute.found(amended, Pairs(pairs.number, pairs.slot)) == expected


def _aligned(*texts: str) -> bool:
    return max(map(len, texts)) <= brute.ALIGNED
