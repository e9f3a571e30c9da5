"""Entries as a file, and back."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from anpr_match.domain.watchlist import Response, Terms
from anpr_match.watchlist_file import export
from tests.unit.watchlist_file.desk import terms_of

WORD = st.text(alphabet="=+-@;,'\"[]{}\n aA1é", min_size=1, max_size=12).map(str.strip).filter(bool)
LINE = WORD.map(lambda word: word.replace("\n", " "))


def round_trip(terms: Terms) -> Terms:
    return terms_of("".join(export.lines([terms])))


def test_full_entry() -> None:
    """Every field of an entry comes back from its line."""
    terms = replace(
        terms_of("plate,make,model,colour,type\n=AB01 CDE,VOLVO,V70,BLUE,estate\n".replace("=", "")),
        priority=1,
        response=Response.OBSERVE,
        warnings=("weapons", "fails to stop; armed"),
        source="999 call",
        operation_id="astare",
        group="grey lurchers",
        starts_at=datetime(2026, 12, 1, 18, 30, tzinfo=UTC),
        review_at=datetime(2026, 12, 3, 6, 0, 5, tzinfo=UTC),
        shared_with=("herts", "beds"),
    )
    assert round_trip(terms) == terms


@given(reason=WORD, group=LINE, warnings=st.lists(LINE, max_size=3).map(tuple))
def test_odd_words(reason: str, group: str, warnings: tuple[str, ...]) -> None:
    """Words that a spreadsheet would run, or that look like the form of a file, come back unchanged."""
    terms = replace(terms_of("plate\nAB01CDE\n"), reason=reason, group=group, warnings=warnings)
    assert round_trip(terms) == terms


def test_formula() -> None:
    """A cell that begins as a formula is escaped."""
    terms = replace(terms_of("plate\nAB01CDE\n"), reason="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in list(export.lines([terms]))[1]
