"""Reads of which most are never looked at whole."""

from datetime import UTC, datetime, timedelta

import pytest

from anpr_match.domain.read import Read
from anpr_match.domain.reads import Head, Reads, by_capture, heads, joined

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def a_read(number: int) -> Read:
    return Read(f"CAM{number % 3}", NOON + timedelta(seconds=number), "AB01CDE", f"r-{number}", lane=number)


class Values:
    """Where reads are made of, and which have been."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.made: list[int] = []

    def reads(self) -> Reads:
        whole = [a_read(number) for number in self.numbers]
        return Reads(
            [Head(one.camera_id, one.captured_at, one.plate, one.read_id) for one in whole], self.whole
        )

    def whole(self, place: int) -> Read:
        self.made.append(self.numbers[place])
        return a_read(self.numbers[place])


def test_a_read_is_made_when_asked_for_and_once() -> None:
    """What nobody asks for is not made, and who asks twice gets the very same read."""
    values = Values(0, 1, 2)
    reads = values.reads()
    assert [head.read_id for head in heads(reads)] == ["r-0", "r-1", "r-2"]
    assert values.made == []
    assert reads[1] == a_read(1)
    assert reads[1] is reads[-2]
    assert values.made == [1]


def test_they_are_a_sequence() -> None:
    """Slices, walking and counting give whole reads, and no place beyond the end."""
    reads = Values(0, 1, 2).reads()
    assert list(reads) == [a_read(0), a_read(1), a_read(2)]
    assert reads[1:] == [a_read(1), a_read(2)]
    assert len(reads) == 3
    with pytest.raises(IndexError):
        reads[3]


def test_what_is_whole_already_is_not_made() -> None:
    """A read can stand where others have a head."""
    values = Values(0, 1)
    reads = Reads([a_read(7), heads(values.reads())[1]], values.whole)
    assert list(reads) == [a_read(7), a_read(1)]
    assert values.made == [1]


def test_joining_and_ordering_make_nothing() -> None:
    """Parts are joined and put in the order of capture by their heads, and lead to the reads of the parts."""
    late, early = Values(3, 5, 4), Values(1, 2)
    parts = [late.reads(), early.reads(), [a_read(0)], Values().reads()]
    together = by_capture(joined(parts))
    assert [head.read_id for head in heads(together)] == [f"r-{number}" for number in range(6)]
    assert late.made == early.made == []
    assert together[4] is parts[0][2]
    assert list(together) == [a_read(number) for number in range(6)]
    assert list(joined([])) == []
