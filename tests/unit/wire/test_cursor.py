"""Cursors of listings."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.domain.errors import Refused
from anpr_match.wire.cursor import CURSOR_CHARS_MAX, cursor, last_id


@given(st.text(max_size=100).filter(str.isprintable))
def test_round_trip(item_id: str) -> None:
    """A cursor gives back the id it was made of, and can stand in an address as it is."""
    made = cursor(item_id)
    assert last_id(made) == item_id
    assert made.replace("-", "").replace("_", "").isalnum()
    assert made.isascii()


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """Any other text is refused, and nothing else happens."""
    made = None
    with contextlib.suppress(Refused):
        made = cursor(last_id(text))
    assert made is None or made == text.rstrip("=")


def test_too_long() -> None:
    """A cursor that is too long is not looked at."""
    with pytest.raises(Refused):
        last_id("MTpl" * CURSOR_CHARS_MAX)
