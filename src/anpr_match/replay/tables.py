"""Tables from files: CSV (plain or gzipped) by column, with errors that name the file and the line."""

import csv
import gc
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anpr_match.domain.errors import Problem, Refused

GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Table:
    """A file's cells by column. All columns have `rows` cells; row 0 stands on line 2 of the file."""

    name: str
    rows: int
    columns: dict[str, Sequence[str]]

    def column(self, name: str) -> Sequence[str]:
        """A column, empty cells where the file has none of that name."""
        return self.columns.get(name) or [""] * self.rows


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
    lines = csv.reader(io.StringIO(text_of(path), newline=""))
    collecting = gc.isenabled()
    # Half a million lists are made and none is garbage: a collector that keeps looking costs seconds.
    gc.disable()
    try:
        header = [cell.strip() for cell in next(lines, [])]
        rows = [row for row in lines if row]
    except csv.Error as error:
        raise refused(path.name, "not_csv", f"line {lines.line_num}: {error}") from error
    finally:
        if collecting:
            gc.enable()
    missing = [name for name in needed if name not in header]
    if missing:
        raise refused(path.name, "missing_column", f"line 1: there is no column {missing[0]}")
    try:
        cells = list(zip(*rows, strict=True)) or [()] * len(header)
    except ValueError:
        cells = []
    if len(cells) != len(header):
        odd = next(i for i, row in enumerate(rows) if len(row) != len(header))
        detail = f"line {odd + 2}: {len(rows[odd])} cells where the header has {len(header)}"
        raise refused(path.name, "odd_row", detail)
    return Table(path.name, len(rows), dict(zip(header, cells, strict=True)))


def refused(name: str, code: str, detail: str) -> Refused:
    """A file that cannot be used: which, where, and why."""
    return Refused([Problem(f"/{name}", code, detail)])
