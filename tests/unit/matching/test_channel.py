"""The channel gives each possible reading its probability."""

import dataclasses
import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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


def forward(read: str, plate: str, made: channel.Channel) -> float:
    """The sum over all alignments, cell by cell, in the second state."""
    code = [channel.ALPHABET.index(character) for character in plate]
    seen = [channel.ALPHABET.index(character) for character in read]
    added = np.minimum(made.severity[1] * made.added, 0.4)
    chance = np.zeros((len(code) + 1, len(seen) + 1))
    chance[0] = [
        np.prod([added[channel.FIRST] * made.added_as[c] for c in seen[:j]]) for j in range(len(seen) + 1)
    ]
    for i, a in enumerate(code):
        last = i == len(code) - 1
        place = channel.FIRST if i == 0 else channel.LAST if last else channel.INNER
        rate = min(made.severity[1] * made.slip[a] * made.edge[place], 0.8)
        share = min(made.outcome[a, channel.LOST] * made.loss_edge[place], 0.9)
        wrong = rate * (1 - share) / (1 - made.outcome[a, channel.LOST])
        gap = added[channel.LAST if last else channel.INNER]
        chance[i + 1, 0] = chance[i, 0] * rate * share
        for j, b in enumerate(seen):
            kept = 1 - rate if a == b else wrong * made.outcome[a, b]
            chance[i + 1, j + 1] = (
                chance[i, j] * kept
                + chance[i, j + 1] * rate * share
                + chance[i + 1, j] * gap * made.added_as[b]
            )
    none_added = np.prod(1 - added[[channel.FIRST, channel.LAST]])
    return float(chance[-1, -1] * none_added * (1 - added[channel.INNER]) ** (len(code) - 1))


texts = st.text("AB018", min_size=1, max_size=channel.LENGTH_MAX)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_batches_add_up_to_what_cells_do(pairs: list[tuple[str, str]]) -> None:
    """Pairs of any lengths together have the probabilities of the plain sum, cell by cell."""
    made = root(SEVERITY).channel
    reads, plates = (channel.encode(column) for column in zip(*pairs, strict=True))
    found = channel.likelihood(channel.stack([made]), np.zeros(len(pairs), np.int64), reads, plates)[1]
    assert np.allclose(found, [forward(read, plate, made) for read, plate in pairs], rtol=1e-12, atol=0)


def test_no_pairs_have_no_likelihood() -> None:
    """Of no pairs the answer is empty, by state."""
    none = channel.encode([])
    stacked = channel.stack([root(SEVERITY).channel])
    assert channel.likelihood(stacked, np.empty(0, np.int64), none, none).shape == (len(SEVERITY), 0)


def test_a_character_that_is_never_added_is_no_fault() -> None:
    """A chance of zero in a model makes a reading next to impossible, and no number that is none."""
    made = root(SEVERITY).channel
    never = dataclasses.replace(made, added_as=np.zeros(channel.LETTERS))
    reads, plates = channel.encode(["AB01CDEX", "AB01CDE"]), channel.encode(["AB01CDE", "AB01CDE"])
    found = channel.likelihood(channel.stack([never]), np.zeros(2, np.int64), reads, plates)
    assert (found[:, 0] < 1e-19).all()
    assert (found[:, 1] > 0.2).all()
