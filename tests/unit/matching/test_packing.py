"""Words hold plates without loss, or say that they cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.matching import packing
from anpr_match.matching.lookalikes import FOLD

vrms = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", max_size=14), max_size=20)


@given(vrms)
def test_round_trip(texts: list[str]) -> None:
    """Every text of up to ten characters comes back from its word; a longer one is named as long."""
    packed = packing.pack(texts)
    for i, text in enumerate(texts):
        assert (i in packed.long.tolist()) == (len(text) > packing.LANES)
        assert packing.unpack(int(packed.words[i])) == (text if len(text) <= packing.LANES else "")
        assert packed.lengths[i] == len(text)


@given(vrms)
def test_characters(texts: list[str]) -> None:
    """The characters of words are those of the texts, with zeros behind."""
    kept = [text for text in texts if len(text) <= packing.LANES]
    rows = packing.characters(packing.pack(kept).words)
    assert ["".join(map(chr, row)).rstrip("\0") for row in rows.tolist()] == kept


def test_nothing_is_cut() -> None:
    """Plates that agree in their first eight characters have different words."""
    words = packing.pack(["241D1234", "241D12345", "241D123456"]).words
    assert len(set(words.tolist())) == 3


def test_exchange() -> None:
    """A table puts look-alikes into one character."""
    texts = ["OI2", "01Z"]
    folded = packing.exchanged(packing.pack(texts).words, FOLD)
    assert packing.unpack_many(folded) == [text.encode().translate(FOLD).decode() for text in texts]
    assert folded[0] == folded[1]


def test_refused() -> None:
    """What is not a comparable plate is refused and not packed into another."""
    with pytest.raises(ValueError, match="line feed"):
        packing.pack(["AB01\nCDE"])
    with pytest.raises(ValueError, match="ascii"):
        packing.pack(["ÄB01CDE"])
