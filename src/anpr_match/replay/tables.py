"""Tables from files: CSV (plain or gzipped) by column, with errors that name the file and the line."""

import gzip
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from anpr_match.domain.errors import Problem, Refused
from anpr_match.matching.packing import Indices
from anpr_match.matching.texts import Cells

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
COMMA, LINE_FEED, QUOTE = ord(","), ord("\n"), ord('"')
END = b"\n" + bytes(16)
"""The last line feed, and the room behind it that `Cells` need."""
_BYTES_AT_ONCE = 1 << 18
"""Bytes of one round: what is made of them stays in a core's own cache."""


class Table:
    """A file's cells by column, cut from its bytes when they are asked for.

    `bounds` (rows, columns + 1): where each cell's separator stands, and before them the row's own
    start. `lines`: on which line of the file each row stands, unless a cell holds a line feed.
    """

    def __init__(self, name: str, raw: bytes, header: Sequence[str], bounds: Indices, lines: Indices) -> None:
        self.name = name
        self.rows = len(bounds)
        self.lines = lines
        self._raw = raw
        self._header = header
        self._at = {column: i for i, column in enumerate(header)}
        self._bounds = bounds

    def __contains__(self, column: str) -> bool:
        return column in self._at

    def ordered(self, order: Indices) -> "Table":
        """The same table with its rows in another order."""
        return Table(self.name, self._raw, self._header, self._bounds[order], self.lines[order])

    def row(self, row: int) -> dict[str, str]:
        """All cells of a row."""
        bounds, raw = self._bounds[row].tolist(), self._raw
        line = raw[bounds[0] + 1 : bounds[-1]].decode()
        if '"' not in line:
            return dict(zip(self._header, line.split(","), strict=True))
        cells = (raw[before + 1 : end].decode() for before, end in pairwise(bounds))
        return dict(zip(self._header, map(_unquoted, cells), strict=True))

    def column(self, name: str) -> Cells:
        """A column, of empty cells where the file has none of that name."""
        raw, i = self._raw, self._at.get(name)
        if i is None:
            nowhere = np.zeros(self.rows, np.intp)
            return Cells(raw, nowhere, nowhere, {})
        starts, ends = self._bounds[:, i] + 1, self._bounds[:, i + 1]
        quoted = (np.frombuffer(raw, np.uint8)[starts] == QUOTE).nonzero()[0]
        both = zip(starts[quoted].tolist(), ends[quoted].tolist(), strict=True)
        return Cells(raw, starts, ends, {start: _unquoted(raw[start:end].decode()) for start, end in both})


def text_of(path: Path) -> str:
    """The file's text, unzipped if need be. Raises Refused when there is none to read."""
    return _bytes_of(path).decode()


def table(path: Path, needed: Sequence[str]) -> Table:
    """The columns of a CSV file with a header. Raises Refused when one that is needed is missing, or
    a row has another number of cells than the header."""
    raw = _bytes_of(path)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n")
    raw = b"".join((memoryview(raw)[: _text_end(raw)], END))
    header = [cell.strip().strip('"') for cell in raw[: raw.index(b"\n")].decode().split(",")]
    missing = [name for name in needed if name not in header]
    if missing:
        raise refused(path.name, "missing_column", f"line 1: there is no column {missing[0]}")
    bounds = _bounds(path.name, raw, len(header))
    return Table(path.name, raw, header, bounds, np.arange(2, len(bounds) + 2))


def _bytes_of(path: Path) -> bytes:
    """The file's UTF-8, unzipped and without a mark at its head."""
    try:
        raw = path.read_bytes()
        if raw[:2] == GZIP_MAGIC:
            raw = gzip.decompress(raw)
        raw = raw.removeprefix(BYTE_ORDER_MARK)
        if not raw.isascii():
            raw.decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise refused(path.name, "unreadable_file", str(error)) from error
    return raw


def _text_end(raw: bytes) -> int:
    """How many bytes there are before the empty lines at the end."""
    end = len(raw)
    while raw[end - 1 : end] == b"\n":
        end -= 1
    return end


def _bounds(name: str, raw: bytes, columns: int) -> Indices:
    """Where cells end: commas and line feeds that no quotes enclose, a row of them for each row."""
    units = np.frombuffer(raw, np.uint8)
    ends = np.concatenate([_special(units, at) for at in range(0, len(units), _BYTES_AT_ONCE)])
    kinds = units[ends]
    quotes = kinds == QUOTE
    if quotes.any():
        quoted = np.logical_xor.accumulate(quotes)
        if quoted[-1]:
            line = raw.count(b"\n", 0, raw.rindex(b'"')) + 1
            raise refused(name, "open_quote", f"line {line}: a quote is not closed")
        separates = ~(quotes | quoted)
        ends, kinds = ends[separates], kinds[separates]
    feeds = (kinds == LINE_FEED).nonzero()[0]
    cells = np.diff(feeds)
    if (cells != columns).any():
        odd = int(np.argmax(cells != columns))
        detail = f"line {odd + 2}: {int(cells[odd])} cells where the header has {columns}"
        raise refused(name, "odd_row", detail)
    if not len(cells):
        return np.empty((0, columns + 1), np.intp)
    return sliding_window_view(ends[feeds[0] :], columns + 1)[::columns]


def _special(units: NDArray[np.uint8], at: int) -> Indices:
    """Where there are commas, line feeds and quotes in one round of bytes from here."""
    part = units[at : at + _BYTES_AT_ONCE]
    special = part == COMMA
    special |= part == LINE_FEED
    special |= part == QUOTE
    places: Indices = special.nonzero()[0]
    places += at
    return places


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell


def refused(name: str, code: str, detail: str) -> Refused:
    """A file that cannot be used: which, where, and why."""
    return Refused([Problem(f"/{name}", code, detail)])
