"""Sightings of listed plates are bounded, and tell how often listed vehicles pass."""

from datetime import UTC, datetime

import pytest

from anpr_match.matching.sightings import RecentSightings, Sighting

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
    assert sightings.passages(1e-6)[""] == pytest.approx(1e-6)
    sightings.count({"busy": 10_000_000, "quiet": 10_000_000}, 1000, {"busy": 100_000, "quiet": 1_000})
    passages = sightings.passages(1e-6)
    assert passages["busy"] == pytest.approx(1e-5, rel=0.1)
    assert passages["quiet"] == pytest.approx(1e-7, rel=0.1)
    assert passages["quiet"] < passages[""] < passages["busy"]
