"""Patterns by masks find what a regular expression finds."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from anpr_match.matching import packing
from anpr_match.matching.patterns import PatternSet, aligned, fits

reads_of = st.lists(st.text("AB12", max_size=12), max_size=40)
one_pattern = (
    st.text("AB12??**", min_size=1, max_size=11)
    .map(lambda text: re.sub(r"\*+", "*", text))
    .filter(lambda text: text.strip("?*") != "")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(one_pattern, max_size=20), reads_of)
def test_same_as_expressions(patterns: list[str], reads: list[str]) -> None:
    """Every pair of read and pattern that a regular expression finds is found, once, and no other."""
    found = PatternSet(patterns).find(reads, packing.pack(reads))
    got = list(zip(found.read.tolist(), found.pattern.tolist(), strict=True))
    expressions = [re.compile(p.replace("?", ".").replace("*", ".*")) for p in patterns]
    wanted = {(i, j) for i, read in enumerate(reads) for j, e in enumerate(expressions) if e.fullmatch(read)}
    assert len(got) == len(set(got))
    assert set(got) == wanted


@settings(max_examples=300, deadline=None)
@given(one_pattern, st.text("AB12", max_size=12))
def test_aligned_sign_by_sign(pattern: str, read: str) -> None:
    """An alignment has all of both, and differs nowhere exactly when the text fits."""
    parts = aligned(pattern, read)
    assert "".join(sign for sign, _ in parts) == pattern
    assert "".join(taken for _, taken in parts) == read
    agree = [sign == "*" or (sign == "?" and taken != "") or sign == taken for sign, taken in parts]
    assert all(agree) == fits(pattern, read)


def test_aligned_at_the_fewest_differences() -> None:
    """Known characters stay beside their own where a text does not fit."""
    assert aligned("A?1*Z", "AB2CZ") == [("A", "A"), ("?", "B"), ("1", "2"), ("*", "C"), ("Z", "Z")]
    assert aligned("AB?", "A") == [("A", "A"), ("B", ""), ("?", "")]
