"""A batch of plates is read in one pass, and says the same as plate by plate."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.matching import packing
from anpr_match.matching.normalise import normalise
from anpr_match.matching.texts import Cells, texts_in, texts_of

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


def in_one_run(texts: list[str]) -> Cells:
    """These texts behind one another, as a file has them, with what else a file has between."""
    raw, starts = b"", []
    for text in texts:
        raw += b",x"
        starts.append(len(raw))
        raw += text.encode()
    ends = [start + len(text.encode()) for start, text in zip(starts, texts, strict=True)]
    return Cells(raw + bytes(16), np.array(starts, np.intp), np.array(ends, np.intp), {})


@given(st.lists(st.one_of(plain, plain, odd, st.text(max_size=12)), max_size=30))
def test_same_out_of_one_run(plates: list[str]) -> None:
    """Plates that lie in one run give what they give as strings, whole and in part."""
    cells, alone = in_one_run(plates), texts_of(plates)
    assert list(cells) == plates
    found = texts_in(cells)
    for part in (slice(None), slice(3, 9)):
        some, expected = found.some(part), alone.some(part)
        assert list(some.texts) == list(expected.texts)
        assert some.packed.words.tolist() == expected.packed.words.tolist()
        assert some.packed.lengths.tolist() == expected.packed.lengths.tolist()
        assert some.packed.long.tolist() == expected.packed.long.tolist()


@given(
    st.lists(
        st.one_of(st.sampled_from(["", "cam1", "cam10", "A1081 Luton Road", "A1081 Luton Roae", "é", "\0"]))
    )
)
def test_texts_are_numbered(texts: list[str]) -> None:
    """Equal texts have one number, others another, however long they are; so too where one is quoted."""
    cells = in_one_run(texts)
    quoted = Cells(cells.raw, cells.starts, cells.ends, dict(zip(cells.starts.tolist(), texts, strict=True)))
    for made in (cells, quoted):
        different, which = made.numbered()
        assert len(different) == len(set(texts))
        assert [different[number] for number in which.tolist()] == texts


@given(st.lists(st.text("ABZ019", max_size=10), max_size=20))
def test_words_are_unpacked_together(plates: list[str]) -> None:
    """Words of many plates give back their texts."""
    assert packing.unpack_many(packing.pack(plates).words) == plates
