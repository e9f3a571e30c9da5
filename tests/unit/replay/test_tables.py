"""A table of a file says what Python's own reader says of it, or where it is broken."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anpr_match.domain.errors import Refused
from anpr_match.replay import tables

cells = st.text('AZ01é ",\n', max_size=12)
rows = st.lists(st.tuples(cells, cells, cells), max_size=8)
COLUMNS = ["a", "b", "c"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_same_as_pythons_own_reader(
    tmp_path: Path, body: list[tuple[str, str, str]], all_quoted: bool, line_end: str
) -> None:
    """Whatever cells hold, they come back by column and by row; a line end inside quotes is one."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL, lineterminator=line_end
    )
    writer.writerows([COLUMNS, *body])
    path = tmp_path / "some.csv"
    path.write_bytes(text.getvalue().encode())
    table = tables.table(path, ["a"])
    assert list(zip(*(table.column(name) for name in COLUMNS), strict=True)) == body
    assert [tuple(table.row(number).values()) for number in range(table.rows)] == body
    assert list(table.column("d")) == [""] * len(body)


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("a,b\n1,2\n3\n", "odd_row", "line 3: 1 cells where the header has 2"),
        ('a,b\n1,2\n"3,4\n5,6\n', "open_quote", "line 3: a quote is not closed"),
        ("b\n1\n", "missing_column", "line 1: there is no column a"),
        ("", "missing_column", "line 1: there is no column a"),
    ],
)
def test_refused(tmp_path: Path, text: str, code: str, detail: str) -> None:
    """A file that is not whole is refused with the line, and none of it is left out in silence."""
    path = tmp_path / "some.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        tables.table(path, ["a"])
    (problem,) = refused.value.problems
    assert (problem.code, problem.detail) == (code, detail)
