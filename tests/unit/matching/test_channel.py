"""The channel gives each possible reading its probability."""

import itertools

import numpy as np

from anpr_match.matching import channel
from anpr_match.matching.model import root

SEVERITY = np.array([0.2, 1.0, 5.0])


def chance(read: str, plate: str) -> float:
    """P(read | plate) in the second state."""
    stacked = channel.stack([root(SEVERITY).channel])
    which = np.zeros(1, np.int64)
    return float(channel.likelihood(stacked, which, channel.encode([read]), channel.encode([plate]))[1, 0])


def test_readings_of_a_plate_add_up_to_one() -> None:
    """All readings of a one-character plate up to two characters long hold nearly all probability."""
    one = list(channel.ALPHABET)
    texts = ["", *one, *("".join(pair) for pair in itertools.product(one, one))]
    stacked = channel.stack([root(SEVERITY).channel])
    plates = channel.encode(["A"] * len(texts))
    total = channel.likelihood(stacked, np.zeros(len(texts), np.int64), channel.encode(texts), plates)[
        1
    ].sum()
    assert 0.98 < total <= 1.0


def test_look_alikes_are_likelier_than_strangers() -> None:
    """A look-alike is a likelier misread than a character of another shape."""
    assert chance("AB01CD8", "AB01CDB") > 3 * chance("AB01CDX", "AB01CDB")


def test_fewer_errors_are_likelier() -> None:
    """A right read is likelier than one error, one error than two, two than three."""
    chances = [chance(read, "AB01CDE") for read in ("AB01CDE", "AB01CDX", "AB01CXX", "AB01XXX")]
    assert chances == sorted(chances, reverse=True)


def test_a_swap_is_two_errors() -> None:
    """Neighbours swapped are as unlikely as two characters misread: cameras do not swap."""
    assert chance("BA01CDE", "AB01CDE") < 0.05 * chance("A801CDE", "AB01CDE")


def test_lost_and_added_characters_are_readings() -> None:
    """A text that lost or gained a character at its edge still has a probability."""
    assert chance("B01CDE", "AB01CDE") > 1e-4
    assert chance("IAB01CDE", "AB01CDE") > 1e-6


def test_pairs_of_many_cameras_are_one_call() -> None:
    """A pair's probability does not depend on the pairs beside it."""
    first = root(SEVERITY).channel
    other = channel.Channel(
        **{n: getattr(first, n) for n in channel.Channel.__dataclass_fields__} | {"slip": first.slip * 3}
    )
    reads, plates = channel.encode(["AB01CDE", "X1", "AB01CD"]), channel.encode(["AB01CDF", "X1", "AB01CDE"])
    both = channel.likelihood(channel.stack([first, other]), np.array([0, 1, 1]), reads, plates)
    alone = channel.likelihood(channel.stack([other]), np.zeros(1, np.int64), reads[2:], plates[2:])
    assert np.allclose(both[:, 2], alone[:, 0])
