"""From the text of a watchlist file to its rows, each with the line it stands on."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from anpr_match.domain.errors import Problem, Refused
from anpr_match.watchlist_file import cells, decode

COLUMNS = (
    "plate",
    "owner_force",
    "category",
    "reason",
    "review_at",
    "ends_at",
    "pattern",
    "make",
    "model",
    "colour",
    "type",
    "priority",
    "response",
    "warnings",
    "source",
    "operation_id",
    "group",
    "starts_at",
    "shared_with",
)
"""The columns understood, in the order in which they are written."""

ALIASES = {"force": "owner_force", "color": "colour", "vrm": "plate"}
DELIMITERS = (",", ";", "\t")


class _Lines(Protocol):
    """A reader of the csv module, which gives its type no public name."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file that names a vehicle: its cells by column, without the empty ones.

    `line` is where it starts, counted from 1 as editors and spreadsheets do. When it could not be
    taken apart, `problems` says why and there are no cells.
    """

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A watchlist file: which columns it has, which of them mean nothing to us, and its rows."""

    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    rows: list[Row]


def sheet(content: bytes, bounds: decode.Bounds, encoding: str | None = None) -> Sheet:
    """The rows of a CSV file with a header, plain, gzipped or zipped; ends of line CR, LF or CRLF.

    Raises `Refused` if the file as a whole cannot be used; a bad row is a row with problems, and
    costs no other row.
    """
    text = decode.text(content, bounds, encoding)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header, ignored = _header(lines)
    rows: list[Row] = []
    for row in _rows(lines, header):
        if len(rows) >= bounds.rows_max:
            raise Refused([Problem("", "too_many_rows", f"it has more than {bounds.rows_max:,} rows")])
        rows.append(row)
    return Sheet(columns=tuple(c for c in header if c), ignored=ignored, rows=rows)


def _delimiter(text: str) -> str:
    """Comma, unless the header has none and is plainly divided by something else."""
    header = text[:10_000].replace("\r", "\n").lstrip("\n").split("\n", 1)[0]
    return max(DELIMITERS, key=lambda d: (header.count(d), -DELIMITERS.index(d)))


def _header(lines: _Lines) -> tuple[list[str], tuple[str, ...]]:
    """Our name for each column ("" for one that means nothing to us), and the names of those."""
    try:
        names = next((line for line in lines if any(cell.strip() for cell in line)), None)
    except csv.Error as error:
        raise Refused([Problem("", "header", f"the header cannot be read: {error}")]) from error
    if names is None:
        raise Refused([Problem("", "empty", "the file is empty; a header with the column plate is needed")])
    known = [_column(name) for name in names]
    ignored = tuple(
        name.strip() for name, column in zip(names, known, strict=True) if not column and name.strip()
    )
    twice = sorted({column for column in known if column and known.count(column) > 1})
    if twice:
        raise Refused([Problem("", "header", f"these columns are there twice: {', '.join(twice)}")])
    if "plate" not in known:
        raise Refused([Problem("", "header", "the first line must name the columns, and plate must be one")])
    return known, ignored


def _column(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    plain = ALIASES.get(plain, plain)
    return plain if plain in COLUMNS else ""


def _rows(lines: _Lines, header: list[str]) -> Iterator[Row]:
    while True:
        line = lines.line_num + 1
        try:
            values = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            until = f" to {lines.line_num}" if lines.line_num > line else ""
            detail = (
                f"lines {line}{until} cannot be taken apart: {error}"
                if until
                else f"it cannot be taken apart: {error}"
            )
            yield Row(line, problems=(Problem("", "csv", detail),))
            continue
        if any(value.strip() for value in values):
            yield _row(line, values, header)


def _row(line: int, values: list[str], header: list[str]) -> Row:
    if len(values) > len(header) and any(value.strip() for value in values[len(header) :]):
        detail = f"it has {len(values)} cells and the header {len(header)}; is a comma not quoted?"
        return Row(line, problems=(Problem("", "cells", detail),))
    named = zip(header, values, strict=False)
    return Row(
        line, {column: value for column, cell in named if column and (value := cells.plain(cell).strip())}
    )
