"""The background says how common a text is among vehicles that are not listed."""

from datetime import date

import numpy as np
import pytest

from anpr_match.matching import background, channel

PLATES = [f"AB{age:02d}CD{last}" for age in range(2, 27) for last in "EFGH"]


def test_plates_of_a_known_shape_are_denser() -> None:
    """A text of a shape that is issued is far denser than one of a shape that is not."""
    density = background.density(background.count(PLATES), fallback_share=1e-4)
    issued, odd = density.log_density(channel.encode(["AB10CDE", "A1B0C1E"]))
    assert issued > odd + 10


def test_density_of_a_shape_adds_up() -> None:
    """The densities of all texts that were counted hold nearly all of the probability."""
    density = background.density(background.count(PLATES), fallback_share=1e-4)
    total = np.exp(density.log_density(channel.encode(sorted(set(PLATES))))).sum()
    assert 0.2 < total <= 1.0


def test_nothing_counted_is_no_error() -> None:
    """A density of no texts at all still gives every text a finite value."""
    density = background.density(background.count([]), fallback_share=0.1)
    assert np.isfinite(density.log_density(channel.encode(["AB01CDE"]))).all()


def test_texts_drawn_look_as_those_counted() -> None:
    """A drawn text has a shape that was counted, and at each place a character that was seen there."""
    texts = background.drawn(background.count([*PLATES, *["KE1"] * 50]), 2000, seed=1)
    assert len(texts) == 2000
    assert {text for text in texts if len(text) == 3} == {"KE1"}
    long = [text for text in texts if len(text) == 7]
    assert len(long) + texts.count("KE1") == 2000
    for place in range(7):
        assert {text[place] for text in long} == {plate[place] for plate in PLATES}


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("AB26CDE", date(2026, 2, 28), True),
        ("AB26CDE", date(2026, 3, 1), False),
        ("AB76CDE", date(2026, 8, 31), True),
        ("AB76CDE", date(2026, 9, 1), False),
        ("AB51CDE", date(2026, 1, 1), False),
        ("AB50CDE", date(2049, 1, 1), True),
        ("AB01CDE", date(2026, 1, 1), True),
        ("A99ABC", date(2026, 1, 1), False),
        ("99ABCDE", date(2026, 1, 1), False),
        ("AB99CDEF", date(2026, 1, 1), False),
    ],
)
def test_what_is_not_issued(text: str, day: date, expected: bool) -> None:
    """A current mark of an age that was not issued by that day; of other shapes nothing is said."""
    found = background.not_issued(channel.encode([text]), np.array([day.toordinal()]))
    assert found.tolist() == [expected]
