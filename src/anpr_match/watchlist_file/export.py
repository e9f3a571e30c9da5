"""Entries as a CSV file that `rows` and `entries` read back to the same terms."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from anpr_match.domain.watchlist import Terms
from anpr_match.watchlist_file import cells
from anpr_match.watchlist_file.rows import COLUMNS


def lines(entries: Iterable[Terms]) -> Iterator[str]:
    """The header, then one line for each entry; each ends with CRLF (RFC 4180)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    yield _taken(buffer)
    for terms in entries:
        writer.writerow([cells.escaped(_cell(getattr(terms, column))) for column in COLUMNS])
        yield _taken(buffer)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return cells.from_list(value)
    return str(value)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
