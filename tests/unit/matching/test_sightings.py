"""Sightings of listed plates are bounded, and tell how often listed vehicles pass."""

from datetime import UTC, datetime

import pytest

from anpr_match.matching.batch import cameras
from anpr_match.matching.sightings import BLOCK_READS, RecentSightings, Sighting

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_the_oldest_is_forgotten() -> None:
    """Only so many plates are remembered; the one noted longest ago goes first."""
    sightings = RecentSightings(plates_max=2)
    for vrm in ("A", "B", "A", "C"):
        sightings.note(vrm, Sighting("C1", NOW))
    assert sightings.last("B") is None
    assert sightings.last("A") is not None


def test_passages_move_from_the_assumed_to_the_seen() -> None:
    """With nothing counted the rate is the assumed one; with much counted it is each camera's own."""
    sightings = RecentSightings()
    assert sightings.passages(0, 1e-6)[""] == pytest.approx(1e-6)
    for number in range(400):
        first = sightings.begin(cameras(["busy"] * 500 + ["quiet"] * 500, 1_000), listed=20_000)
        for place in range(100):
            sightings.exact("busy", first + place)
        if number % 4 == 0:
            sightings.exact("quiet", first + 500)
    passages = sightings.passages(400_000, 1e-6)
    assert passages["busy"] == pytest.approx(1e-5, rel=0.1)
    assert passages["quiet"] == pytest.approx(2.5e-8, rel=0.3)
    assert passages["quiet"] < passages[""] < passages["busy"]


def test_rates_count_whole_blocks_of_reads_before_the_read() -> None:
    """Within a block of reads the rates stay as they were at its beginning, however it came in."""
    sightings = RecentSightings()
    first = sightings.begin(cameras(["cam"] * BLOCK_READS, BLOCK_READS), listed=1_000)
    sightings.exact("cam", first)
    before = sightings.passages(BLOCK_READS - 1, 1e-6)[""]
    sightings.begin(cameras(["cam"], 1), listed=1_000)
    assert before == pytest.approx(1e-6)
    assert sightings.passages(BLOCK_READS, 1e-6)[""] != before
