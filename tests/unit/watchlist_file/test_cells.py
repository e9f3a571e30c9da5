"""Cells that come back as they were, and that no spreadsheet runs."""

from hypothesis import given
from hypothesis import strategies as st

from anpr_match.watchlist_file import cells

ODD = st.text(alphabet="=+-@\t\r';[]\" aA1", max_size=8)


@given(ODD)
def test_escaped_round_trip(value: str) -> None:
    """Any value comes back as it was."""
    assert cells.plain(cells.escaped(value)) == value


@given(ODD)
def test_escaped_is_safe(value: str) -> None:
    """What is written never begins as a formula does."""
    assert not cells.escaped(value).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(ODD).map(tuple))
def test_list_round_trip(values: tuple[str, ...]) -> None:
    """Any list of values comes back as it was."""
    assert cells.to_list(cells.from_list(values)) == values


def test_list_for_people() -> None:
    """A plain list is written as people write it."""
    assert cells.from_list(("weapons", "fails to stop")) == "weapons; fails to stop"
