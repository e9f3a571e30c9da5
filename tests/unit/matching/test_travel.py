"""From sighting to read: what a car can drive, what it plausibly does, and what none can."""

from datetime import UTC, datetime, timedelta

import pytest

from anpr_match.domain.routing import Place
from anpr_match.matching.sightings import Sighting
from anpr_match.matching.travel import Way, way

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = Place(51.5, 0.0)


def test_distance_and_time_are_those_of_the_two() -> None:
    """A degree of latitude is 111 km; a read that came in late has a negative time."""
    last = Sighting("C1", NOW + timedelta(minutes=5), Place(52.5, 0.0))
    found = way(last, HERE, NOW)
    assert found is not None
    assert found.km == pytest.approx(111.2, abs=0.1)
    assert found.time_s == -300


@pytest.mark.parametrize(
    ("last", "here"),
    [
        (None, HERE),
        (Sighting("C1", NOW), HERE),
        (Sighting("C1", NOW, HERE), None),
        (Sighting("C1", NOW, Place(51.501, 0.0)), HERE),
    ],
)
def test_without_two_places_there_is_no_way(last: Sighting | None, here: Place | None) -> None:
    """An unknown place, and two cameras that stand together, tell nothing."""
    assert way(last, here, NOW) is None


@pytest.mark.parametrize(
    ("km", "minutes", "possible", "plausible"),
    [
        (60, 4, False, False),
        (60, -4, False, False),
        (30, 4, True, False),
        (60, 40, True, True),
        (5, 5, True, True),
        (5, -5, True, True),
        (5, 1, True, False),
        (60, 180, True, False),
        (600, 100, False, False),
    ],
)
def test_what_a_car_can_and_what_it_does(km: float, minutes: float, possible: bool, plausible: bool) -> None:
    """Clocks and places may be off, so that little is impossible; a plausible drive is that of a car."""
    found = Way(km, minutes * 60)
    assert (found.is_possible, found.nearness > 0) == (possible, plausible)


def test_the_nearer_and_the_sooner_the_more() -> None:
    """A drive from next door says more than one from afar, and one just now more than one long ago."""
    assert Way(5, 600).nearness > Way(15, 600).nearness
    assert Way(5, 600).nearness > Way(5, 3000).nearness
