"""What lies in an area."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.domain.area import Circle, Polygon
from anpr_match.domain.routing import Place

SQUARE = Polygon((Place(51, -1), Place(51, 0), Place(52, 0), Place(52, -1)))
HORSESHOE = Polygon(
    (Place(0, 0), Place(0, 3), Place(3, 3), Place(3, 2), Place(1, 2), Place(1, 1), Place(3, 1), Place(3, 0))
)


@pytest.mark.parametrize(
    ("lat", "lon", "inside"),
    [(51.5, -0.5, True), (51.5, 0.1, False), (50.9, -0.5, False), (52.1, -0.5, False), (51.5, -1.1, False)],
)
def test_a_square(lat: float, lon: float, inside: bool) -> None:
    """Places inside are inside, and places on each side of it are not."""
    assert SQUARE.holds(Place(lat, lon)) is inside
    closed = Polygon((*SQUARE.ring, SQUARE.ring[0]))
    assert closed.holds(Place(lat, lon)) is inside


def test_a_bay_is_outside() -> None:
    """Between the arms of a horseshoe is outside, on its arms inside."""
    assert not HORSESHOE.holds(Place(2, 1.5))
    assert HORSESHOE.holds(Place(2, 0.5))
    assert HORSESHOE.holds(Place(2, 2.5))
    assert HORSESHOE.holds(Place(0.5, 1.5))


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_square_is_its_bounds(lat: float, lon: float) -> None:
    """For a square along the lines of the map, inside is between its bounds."""
    if min(abs(lat - 51), abs(lat - 52), abs(lon), abs(lon + 1)) > 1e-9:
        assert SQUARE.holds(Place(lat, lon)) is (51 < lat < 52 and -1 < lon < 0)


def test_a_circle() -> None:
    """Luton is 45 km from London in a straight line."""
    luton = Place(51.8787, -0.4200)
    london = Place(51.5074, -0.1278)
    assert Circle(london, 46).holds(luton)
    assert not Circle(london, 45).holds(luton)
    assert Circle(london, 0.001).holds(london)
