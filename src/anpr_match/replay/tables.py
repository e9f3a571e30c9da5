"""Tables from files: CSV (plain or gzipped) by column, with errors that name the file and the line."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.errors import Problem, Refused

GZIP_MAGIC = b"\x1f\x8b"
COMMA, LINE_FEED, QUOTE = ord(","), ord("\n"), ord('"')


class Table:
    """A file's cells by column, cut from the text when they are asked for.

    `bounds` (rows, columns + 1): where each cell's separator stands, and before them the row's own
    start. Row 0 stands on line 2 of the file, unless a cell holds a line feed.
    """

    def __init__(self, name: str, text: str, header: Sequence[str], bounds: NDArray[np.int64]) -> None:
        self.name = name
        self.rows = len(bounds)
        self._text = text
        self._at = {column: i for i, column in enumerate(header)}
        self._bounds = bounds
        self._quoted = '"' in text

    def __contains__(self, column: str) -> bool:
        return column in self._at

    def cell(self, column: str, row: int) -> str:
        """One cell, empty when the file has no such column."""
        i = self._at.get(column)
        if i is None:
            return ""
        before, end = self._bounds[row, i : i + 2].tolist()
        return _unquoted(self._text[before + 1 : end])

    def row(self, row: int) -> dict[str, str]:
        """All cells of a row."""
        bounds, text = self._bounds[row].tolist(), self._text
        return {column: _unquoted(text[bounds[i] + 1 : bounds[i + 1]]) for column, i in self._at.items()}

    def column(self, name: str) -> list[str]:
        """A column, of empty cells where the file has none of that name."""
        i = self._at.get(name)
        if i is None:
            return [""] * self.rows
        starts, ends = (self._bounds[:, i] + 1).tolist(), self._bounds[:, i + 1].tolist()
        cells = list(map(self._text.__getitem__, map(slice, starts, ends)))
        return [_unquoted(cell) for cell in cells] if self._quoted and '"' in "".join(cells) else cells

    def widths(self, name: str) -> NDArray[np.int64]:
        """How many characters each cell of a column takes in the file; 0 where there is no column."""
        i = self._at.get(name)
        if i is None:
            return np.zeros(self.rows, np.int64)
        width: NDArray[np.int64] = self._bounds[:, i + 1] - self._bounds[:, i] - 1
        return width


def text_of(path: Path) -> str:
    """The file's text, unzipped if need be. Raises Refused when there is none to read."""
    try:
        raw = path.read_bytes()
        if raw[:2] == GZIP_MAGIC:
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise refused(path.name, "unreadable_file", str(error)) from error


def table(path: Path, needed: Sequence[str]) -> Table:
    """The columns of a CSV file with a header. Raises Refused when one that is needed is missing, or
    a row has another number of cells than the header."""
    text = text_of(path).replace("\r\n", "\n").rstrip("\n") + "\n"
    first, _, _ = text.partition("\n")
    header = [cell.strip().strip('"') for cell in first.split(",")]
    missing = [name for name in needed if name not in header]
    if missing:
        raise refused(path.name, "missing_column", f"line 1: there is no column {missing[0]}")
    return Table(path.name, text, header, _bounds(path.name, text, len(header)))


def _bounds(name: str, text: str, columns: int) -> NDArray[np.int64]:
    """Where cells end: commas and line feeds that no quotes enclose, a row of them for each row."""
    if text.isascii():
        units = np.frombuffer(text.encode("ascii"), np.uint8)
    else:
        units = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    separates = (units == COMMA) | (units == LINE_FEED)
    if '"' in text:
        separates &= ~np.logical_xor.accumulate(units == QUOTE)
    ends = np.flatnonzero(separates)
    feeds = np.flatnonzero(units[ends] == LINE_FEED)
    cells = np.diff(feeds)
    if (cells != columns).any():
        odd = int(np.argmax(cells != columns))
        detail = f"line {odd + 2}: {int(cells[odd])} cells where the header has {columns}"
        raise refused(name, "odd_row", detail)
    body = ends[feeds[0] :]
    return np.stack([body[i : len(body) - columns + i : columns] for i in range(columns + 1)], axis=1)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell


def refused(name: str, code: str, detail: str) -> Refused:
    """A file that cannot be used: which, where, and why."""
    return Refused([Problem(f"/{name}", code, detail)])
