"""Reads whose plate the camera could not read."""

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.read import Read
from anpr_match.matching import model
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher, Memory
from anpr_match.matching.seen import SeenBefore


@pytest.mark.parametrize("plates", [[""], ["", ""], ["??"], [], ["AB01CDE", ""]])
def test_a_batch_without_plates_is_matched_as_any_other(plates: list[str]) -> None:
    """A batch in which no plate, or only some, could be read gives no hit and no error, memory or not."""
    reads = [Read(camera_id="c", captured_at=START, plate=plate) for plate in plates]
    index = WatchlistIndex.build([], 1)
    for memory in (None, Memory(SeenBefore(b"k" * 16))):
        assert list(Matcher(model.default(), memory=memory).match(reads, index, START, {})) == []
