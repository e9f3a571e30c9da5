"""A batch of plates is read in one pass, and says the same as plate by plate."""

from hypothesis import given
from hypothesis import strategies as st

from anpr_match.matching import packing
from anpr_match.matching.normalise import normalise
from anpr_match.matching.texts import texts_of

plain = st.text("ABZ019", min_size=0, max_size=12)
odd = st.text("AB1ab-? .\nЖßıÄ１", max_size=9)


@given(st.lists(st.one_of(plain, plain, odd), max_size=30))
def test_same_as_plate_by_plate(plates: list[str]) -> None:
    """Clean, odd, refused and unread plates together give the texts and words of each by itself."""
    texts, packed = texts_of(plates)
    expected = [normalise(plate).vrm or "" for plate in plates]
    assert list(texts) == expected
    alone = packing.pack(expected)
    assert packed.words.tolist() == alone.words.tolist()
    assert packed.lengths.tolist() == alone.lengths.tolist()
    assert packed.long.tolist() == alone.long.tolist()


@given(st.lists(st.text("ABZ019", max_size=10), max_size=20))
def test_words_are_unpacked_together(plates: list[str]) -> None:
    """Words of many plates give back their texts."""
    assert packing.unpack_many(packing.pack(plates).words) == plates
