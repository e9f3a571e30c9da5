"""One normaliser for both sides; the batch is the single call made many times."""

from hypothesis import given
from hypothesis import strategies as st

from anpr_match.matching import lookalikes
from anpr_match.matching.normalise import normalise, normalise_many, normalise_pattern

odd = st.text(st.one_of(st.sampled_from("ABab01 -._?*É\u200b\n\rА٠ß\ufeff"), st.characters()), max_size=8)
clean = st.text("AB01 -", max_size=8)


@given(st.lists(st.one_of(odd, clean), max_size=12))
def test_batch_is_single(texts: list[str]) -> None:
    """A batch gives what each text gives alone, whatever stands around it."""
    assert normalise_many(texts) == [normalise(text).vrm for text in texts]


@given(odd)
def test_nothing_is_dropped(text: str) -> None:
    """What is kept has a character for every one that is not a separator, or nothing is kept."""
    vrm = normalise(text).vrm
    if vrm is not None:
        assert set(vrm) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        assert len(vrm) >= len([c for c in text if c not in lookalikes.SEPARATORS and c != "\u0308"])


@given(odd)
def test_twice_is_once(text: str) -> None:
    """A comparable plate is its own comparable form."""
    vrm = normalise(text).vrm
    assert vrm is None or normalise(vrm).vrm == vrm


def test_reason_names_no_plate() -> None:
    """The reason of a refusal names the one character, never the text around it."""
    refusal = normalise("AB01CDÉ").refusal
    assert refusal is not None
    assert "AB01" not in refusal
    assert "acute" in refusal


def test_pattern() -> None:
    """A pattern keeps its wildcards, in one form, and must know at least one character."""
    assert normalise_pattern(" ab?1 ** ").vrm == "AB?1*"
    assert normalise_pattern("АВ01*").vrm == "AB01*"
    assert normalise_pattern("?*?").refusal
    assert normalise_pattern("AB01É*").refusal
    assert normalise_pattern("").refusal
