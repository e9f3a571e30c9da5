"""The memory of plates seen is bounded, expiring, keyed, and blind to how a stream is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.matching.batch import cameras
from anpr_match.matching.seen import SOURCES_MAX, SeenBefore, sources

KEY = bytes(range(1, 17))
reads = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 5)), min_size=1, max_size=60)


def observed(memory: SeenBefore, texts: list[tuple[int, int]], day: int = 100) -> list[int]:
    words = np.array([word for word, _ in texts], np.uint64)
    who = np.array([source for _, source in texts], np.uint16)
    counts: list[int] = memory.observe(words, who, np.full(len(texts), day, np.uint16)).tolist()
    return counts


def one_by_one(texts: list[tuple[int, int]]) -> list[int]:
    """Changes of source before each read, counted the plain way."""
    last: dict[int, int] = {}
    count: dict[int, int] = {}
    result = []
    for word, source in texts:
        result.append(min(count.get(word, 0), SOURCES_MAX))
        count[word] = count.get(word, 0) + (last.get(word) != source)
        last[word] = source
    return result


@given(reads, st.integers(1, 60))
def test_batches_do_not_matter(texts: list[tuple[int, int]], cut: int) -> None:
    """However a stream is cut into batches, each read sees just what came before it."""
    memory = SeenBefore(KEY, plates_max=1024)
    parts = [texts[i : i + cut] for i in range(0, len(texts), cut)]
    assert [n for part in parts for n in observed(memory, part)] == one_by_one(texts)


def test_the_same_camera_and_day_is_one_source() -> None:
    """A plate parked before one camera all day is known from one source only."""
    memory = SeenBefore(KEY, plates_max=64)
    assert observed(memory, [(7, 1)] * 4) == [0, 1, 1, 1]


def test_old_plates_are_forgotten() -> None:
    """A plate last seen longer ago than is kept counts as never seen."""
    memory = SeenBefore(KEY, plates_max=64, kept_days=30)
    observed(memory, [(7, 1), (7, 2)], day=100)
    assert observed(memory, [(7, 3)], day=130) == [2]
    assert observed(memory, [(7, 4)], day=161) == [0]


def test_the_memory_never_grows() -> None:
    """More plates than fit push out the oldest, and bytes stay the same."""
    memory = SeenBefore(KEY, plates_max=64)
    before = memory.nbytes
    rng = np.random.default_rng(1)
    for _ in range(20):
        observed(memory, [(int(word), 1) for word in rng.integers(1, 1 << 40, 100)])
    assert memory.nbytes == before


def test_a_restart_forgets_nothing() -> None:
    """A memory written and read again answers the same."""
    memory = SeenBefore(KEY, plates_max=64)
    observed(memory, [(7, 1), (7, 2), (9, 1)])
    again = SeenBefore.from_bytes(memory.to_bytes(), KEY)
    assert observed(again, [(7, 3), (9, 2), (8, 1)]) == [2, 1, 0]


def test_another_key_knows_no_plate() -> None:
    """The bytes tell nothing to whoever has another key."""
    memory = SeenBefore(KEY, plates_max=64)
    observed(memory, [(7, 1), (7, 2)])
    assert observed(SeenBefore.from_bytes(memory.to_bytes(), bytes(range(50, 66))), [(7, 3)]) == [0]


def test_unread_texts_are_never_remembered() -> None:
    """A text that has no word is not remembered."""
    memory = SeenBefore(KEY, plates_max=64)
    assert observed(memory, [(0, 1), (0, 2), (0, 3)]) == [0, 0, 0]


def test_short_keys_and_strange_bytes_are_refused() -> None:
    """A key of few bytes and bytes that are no memory are errors."""
    with pytest.raises(ValueError, match="16 bytes"):
        SeenBefore(b"short")
    with pytest.raises(ValueError, match="not a seen-before"):
        SeenBefore.from_bytes(b"something else altogether", KEY)


def test_sources_tell_cameras_and_days_apart() -> None:
    """Two cameras, or two days, are two sources; the same camera and day are one."""
    made = sources(cameras(["C1", "C1", "C2", "C1"], 4), np.array([5, 5, 5, 6], np.int64)).tolist()
    assert made[0] == made[1]
    assert len(set(made)) == 3


passages = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=80
)


@given(passages, st.integers(1, 80))
def test_days_and_forgetting_are_as_read_by_read(reads_of_days: list[tuple[int, int, int]], cut: int) -> None:
    """Over days, with plates forgotten after two of them, batches answer as read by read."""

    def answers(size: int) -> list[int]:
        memory, result = SeenBefore(KEY, plates_max=1024, kept_days=2), list[int]()
        ordered = sorted(reads_of_days, key=lambda read: read[2])
        for begin in range(0, len(ordered), size):
            words, who, days = zip(*ordered[begin : begin + size], strict=True)
            day = np.array([100 + 2 * n for n in days], np.uint16)
            counts = memory.observe(np.array(words, np.uint64), np.array(who, np.uint16), day)
            result += counts.tolist()
        return result

    assert answers(cut) == answers(1)


def test_a_full_bucket_forgets_the_plate_seen_longest_ago() -> None:
    """With more plates than places the ones seen of late stay."""
    memory = SeenBefore(KEY, plates_max=8)
    for day in range(100, 140):
        observed(memory, [(word, day % 7 + 1) for word in (1, 2, 3)], day=day)
        observed(memory, [(1_000 + day, 1)], day=day)
    assert min(observed(memory, [(word, 9) for word in (1, 2, 3)], day=140)) >= 2
