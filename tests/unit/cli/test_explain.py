"""What `explain` says in words."""

import pytest

from anpr_match.cli import explain


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1 - 1e-9, "over 99.9%"), (0.9996, "over 99.9%"), (0.9992, "99.9%"), (0.985, "98.5%")],
)
def test_no_match_is_certain_in_words(probability: float, words: str) -> None:
    """Rounding never makes of a match that is next to certain one that is."""
    assert explain._percent(probability) == words
