"""How likely a camera reads a text whatever the plate: the sum over all plates there may be."""

from itertools import product

import numpy as np
import pytest

from anpr_match.matching import channel, evidence, scoring
from anpr_match.matching.anyone import Anyone
from anpr_match.matching.background import SMOOTHING
from anpr_match.matching.channel import ALPHABET, LETTERS, Channel
from anpr_match.matching.evidence import AT
from anpr_match.matching.model import default
from anpr_match.matching.readers import numbered

PLATES = [("A1", 3), ("B1", 2), ("B7", 1), ("K", 4)]


def counts() -> dict[str, list[list[int]]]:
    """What background.count would give for a world of two short shapes."""
    places = {"A0": np.zeros((2, LETTERS), int), "A": np.zeros((1, LETTERS), int)}
    for plate, times in PLATES:
        for place, character in enumerate(plate):
            places["A0"[: len(plate)]][place, ALPHABET.index(character)] += times
    return {shape: table.tolist() for shape, table in places.items()} | {"": []}


def some_channels() -> list[Channel]:
    model = default()
    return [model.reader("", engine).channel for engine in [None, *sorted(model.engines)[:2]]]


@pytest.mark.parametrize("text", ["A1", "B", "1", "BB7", "8I", "Q99Q"])
def test_it_is_the_sum_over_all_plates(text: str) -> None:
    """It is what adding up the channel over each single plate gives, for every camera and state."""
    channels = some_channels()
    which = np.array([0, 1, 2])
    read = channel.encode([text] * 3)
    found = Anyone(counts()).likelihood(channels, read)
    stacked = channel.stack(channels)
    chance = {
        shape: (np.array(table) + SMOOTHING) / (np.array(table) + SMOOTHING).sum(axis=1, keepdims=True)
        for shape, table in counts().items()
        if shape
    }
    total = np.zeros_like(found)
    for shape, share in (("A0", 0.6), ("A", 0.4)):
        for codes in product(range(LETTERS), repeat=len(shape)):
            plate = "".join(ALPHABET[code] for code in codes)
            common = share * np.prod([chance[shape][place, code] for place, code in enumerate(codes)])
            total += common * channel.likelihood(stacked, which, read, channel.encode([plate] * 3))
    np.testing.assert_allclose(found, total, rtol=1e-9)


def test_reads_in_rounds_are_as_alone() -> None:
    """However many reads are asked for at once, each has what it has alone."""
    anyone, channels = Anyone(default().own), some_channels()
    texts = [f"AB{number:02d}CD{last}" for number in range(20) for last in "EF8"]
    read, own = channel.encode(texts), [channels[i % 3] for i in range(len(texts))]
    together = anyone.likelihood(own, read)
    alone = [anyone.likelihood(own[i : i + 1], read[i : i + 1])[:, 0] for i in range(len(texts))]
    assert np.array_equal(together, np.array(alone).T)


def test_more_cameras_than_are_kept() -> None:
    """Whatever cameras were met before, and however many, each has what it has alone."""
    read, channels = channel.encode(["AB12CDE"]), some_channels()
    anyone, alone = Anyone(default().own, channels_max=2), Anyone(default().own)
    expected = [alone.likelihood([one], read) for one in channels]
    for at in (0, 1, 0, 2, 1, 0):
        assert np.array_equal(anyone.likelihood([channels[at]], read), expected[at])
    together = anyone.likelihood(channels, np.repeat(read, 3, axis=0))
    assert np.array_equal(together, np.concatenate(expected, axis=1))


def test_a_lost_end_may_be_of_many_plates() -> None:
    """A text that lacks its last character says less of the listed plate than its counts do, for two dozen
    plates lose theirs the same; and nothing ever says more."""
    model = default()
    texts = ["PM70JC", "AB51CDE", "M56B0H", "Z"]
    listed = ["PM70JCB", "AB5ICDE", "OM56BOH", "AZ"]
    reading = numbered([model.reader("", None)])
    given = scoring.Texts(
        read=channel.encode(texts),
        readers=reading,
        which=np.zeros(4, np.int64),
        confidence=np.full(4, np.nan),
        sources=np.zeros(4, np.uint8),
        listed=channel.encode(listed),
        with_=np.arange(4),
        swapped=np.empty(0, np.intp),
        log_shares=np.zeros(4),
    )
    rows, others = scoring.rows(model, given)
    before = rows.copy()
    scoring.sharpen(Anyone(model.own), given, others, rows, np.arange(4))
    text = AT["text"]
    assert (rows[:, text] <= before[:, text]).all()
    assert rows[0, text] < before[0, text] - 0.4
    bends = np.zeros_like(rows)
    evidence.text_columns(bends, rows[:, text])
    for name in evidence.TEXT:
        assert np.array_equal(rows[:, AT[name]], bends[:, AT[name]])
