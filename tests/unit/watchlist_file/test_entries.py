"""From rows to terms."""

from datetime import UTC, datetime

import pytest

from anpr_match.domain.errors import Refused
from anpr_match.domain.watchlist import FORCES, Response
from anpr_match.watchlist_file.entries import Defaults
from tests.unit.watchlist_file.desk import terms_of


def test_least_row() -> None:
    """A plate alone is enough when the defaults say the rest."""
    terms = terms_of("plate\nab01 cde\n")
    assert (terms.plate, terms.vrm, terms.owner_force) == ("ab01 cde", "AB01CDE", "herts")
    assert (terms.priority, terms.response, terms.shared_with) == (2, Response.STOP, FORCES)
    assert terms.ends_at == datetime(2027, 2, 1, tzinfo=UTC)
    assert terms.review_at == datetime(2026, 12, 20, 12, tzinfo=UTC)


def test_row_beats_defaults() -> None:
    """What a row says holds, whatever the defaults say."""
    terms = terms_of(
        "plate,force,category,reason,ends_at,review_at,priority,response,warnings,shared_with,make\n"
        "AB01CDE,Norfolk,plant_theft,CAD 9,2026-12-01T08:00:00+01:00,2026-11-30,1,Stop_With_Caution,"
        "weapons; dogs,norfolk;Hertfordshire,VOLVO\n"
    )
    assert (terms.owner_force, terms.category, terms.reason) == ("norfolk", "plant_theft", "CAD 9")
    assert terms.ends_at == datetime(2026, 12, 1, 7, tzinfo=UTC)
    assert terms.review_at == datetime(2026, 11, 30, tzinfo=UTC)
    assert (terms.priority, terms.response) == (1, Response.STOP_WITH_CAUTION)
    assert (terms.warnings, terms.shared_with) == (("weapons", "dogs"), ("norfolk", "herts"))
    assert terms.make == "VOLVO"


def test_summer_date() -> None:
    """A date alone is a day in this country: in summer it is over at 23:00 UTC."""
    assert terms_of("plate,ends_at\nAB01CDE,2027-06-30\n").ends_at == datetime(2027, 6, 30, 23, tzinfo=UTC)


def test_county_names() -> None:
    """A list that names its force by the county is understood."""
    assert terms_of("plate,force\nAB01CDE,hertfordshire\n").owner_force == "herts"


@pytest.mark.parametrize(
    ("header", "row", "pointer"),
    [
        ("plate", "A", "/plate"),
        ("plate", "UNKNOWN", "/plate"),
        ("plate", "0000", "/plate"),
        ("plate", "AB01!DE", "/plate"),
        ("plate", "AB?1CDE", "/plate"),
        ("plate,pattern", ",*", "/pattern"),
        ("plate,make", ",VOLVO", "/plate"),
        ("plate,force", "AB01CDE,surrey", "/owner_force"),
        ("plate,priority", "AB01CDE,high", "/priority"),
        ("plate,response", "AB01CDE,shoot", "/response"),
        ("plate,ends_at", "AB01CDE,2026-11-20", "/ends_at"),
        ("plate,ends_at", "AB01CDE,2027-01-20 18:00", "/ends_at"),
        ("plate,ends_at", "AB01CDE,31/01/2027", "/ends_at"),
        ("plate,review_at", "AB01CDE,2027-03-01", "/review_at"),
        ("plate,starts_at", "AB01CDE,2027-03-01", "/starts_at"),
        ("plate,shared_with", "AB01CDE,herts;surrey", "/shared_with/1"),
        ("plate,warnings", "AB01CDE,[1]", "/warnings"),
    ],
)
def test_refused(header: str, row: str, pointer: str) -> None:
    """Nothing that is no plate, has ended, or breaks a rule becomes an entry; the column is named."""
    with pytest.raises(Refused) as refused:
        terms_of(f"{header}\n{row}\n")
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_mandatory() -> None:
    """Owner, category, reason and end must be said by the row or by the defaults."""
    with pytest.raises(Refused) as refused:
        terms_of("plate\nAB01CDE\n", Defaults())
    named = {problem.pointer for problem in refused.value.problems}
    assert named == {"/owner_force", "/category", "/reason", "/ends_at"}


def test_pattern_and_description() -> None:
    """A row may name its vehicle by a pattern or by what it looks like."""
    assert terms_of("plate,pattern\n,ab?1 c*\n").pattern == "AB?1C*"
    described = terms_of("plate,make,colour\n,VOLVO,BLUE\n")
    assert (described.vrm, described.make, described.colour) == (None, "VOLVO", "BLUE")
