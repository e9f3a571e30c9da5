"""The background says how common a text is among vehicles that are not listed."""

import numpy as np

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
