"""From text to rows with their lines."""

import pytest

from anpr_match.domain.errors import Refused
from anpr_match.watchlist_file import decode, rows

BOUNDS = decode.Bounds(bytes_max=1_000_000, rows_max=10)


def sheet(text: str) -> rows.Sheet:
    return rows.sheet(text.encode(), BOUNDS)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_line_ends(end: str) -> None:
    """Each kind of line end gives the same rows with the same line numbers."""
    read = sheet(end.join(["plate,reason", "AB01CDE,one", "", "AB50CDE,two", ""]))
    assert [(row.line, row.cells) for row in read.rows] == [
        (2, {"plate": "AB01CDE", "reason": "one"}),
        (4, {"plate": "AB50CDE", "reason": "two"}),
    ]


@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_dividers(divider: str) -> None:
    """Commas, semicolons and tabs divide cells, by what the header shows."""
    read = sheet(f"plate{divider}make{divider}colour\nAB01CDE{divider}VOLVO{divider}BLUE\n")
    assert read.rows[0].cells == {"plate": "AB01CDE", "make": "VOLVO", "colour": "BLUE"}


def test_one_column() -> None:
    """A list of plates alone is a watchlist file."""
    assert [row.cells["plate"] for row in sheet("plate\nAB01CDE\nAB50CDE").rows] == ["AB01CDE", "AB50CDE"]


def test_header_names() -> None:
    """Columns are known by name in any case, by their other names, and strangers are named."""
    read = sheet("Colour,VRM,Force,Shoe size,Priority\nRED,AB01CDE,herts,43,1\n")
    assert read.columns == ("colour", "plate", "owner_force", "priority")
    assert read.ignored == ("Shoe size",)
    assert read.rows[0].cells == {
        "colour": "RED",
        "plate": "AB01CDE",
        "owner_force": "herts",
        "priority": "1",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("AB01CDE,herts\n", "must name the columns"),
        ("reason\nx\n", "must name the columns"),
        ("plate,vrm\nA,B\n", "there twice: plate"),
    ],
)
def test_bad_header(text: str, says: str) -> None:
    """A file whose columns cannot be known is refused as a whole."""
    with pytest.raises(Refused, match=says):
        sheet(text)


def test_quoted_line_break() -> None:
    """A cell may hold a line break; the line is where the row starts."""
    read = sheet('plate,reason\nAB01CDE,"one\ntwo"\nAB50CDE,three\n')
    assert [row.line for row in read.rows] == [2, 4]
    assert read.rows[0].cells["reason"] == "one\ntwo"


def test_row_with_more_cells_than_the_header() -> None:
    """A row with cells too many is a problem on its line and costs no other row."""
    read = sheet("plate,reason\nAB01CDE,one, two\nAB50CDE,three\n")
    assert read.rows[0].problems[0].code == "cells"
    assert read.rows[1].cells == {"plate": "AB50CDE", "reason": "three"}


def test_short_row() -> None:
    """Cells that lack at the end are empty cells."""
    assert sheet("plate,reason\nAB01CDE\n").rows[0].cells == {"plate": "AB01CDE"}


def test_bad_quotes() -> None:
    """A row whose quotes do not fit is a problem on its line and costs no other row."""
    read = sheet('plate,reason\nAB01CDE,"one" two\nAB50CDE,three\n')
    assert [(row.line, bool(row.problems)) for row in read.rows] == [(2, True), (3, False)]


def test_quote_never_closed() -> None:
    """A quote that is never closed is reported with the lines it swallowed."""
    read = sheet('plate,reason\nAB01CDE,"one\nAB50CDE,two\n')
    assert "lines 2 to 3" in read.rows[0].problems[0].detail


def test_too_many_rows() -> None:
    """A file with more rows than the bound is refused."""
    with pytest.raises(Refused, match="more than 10 rows"):
        sheet("plate\n" + "AB01CDE\n" * 11)
