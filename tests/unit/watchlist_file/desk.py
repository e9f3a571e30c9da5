"""A desk at which the tests of this folder read their files."""

from datetime import UTC, datetime

from anpr_match.domain.watchlist import FORCES, Entry, State, Terms
from anpr_match.watchlist_file import decode, entries, rows

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DEFAULTS = entries.Defaults(
    owner_force="herts", category="hare_coursing", reason="seen at Lilley Bottom", ends_at="2027-01-31"
)


def reader(defaults: entries.Defaults = DEFAULTS) -> entries.Reader:
    return entries.Reader(defaults, entries.Desk(frozenset(FORCES), "herts", NOW))


def rows_of(text: str) -> list[rows.Row]:
    return rows.sheet(text.encode(), decode.Bounds()).rows


def terms_of(text: str, defaults: entries.Defaults = DEFAULTS) -> Terms:
    """The terms of the only row of this text."""
    (row,) = rows_of(text)
    return reader(defaults).terms(row)


def standing(terms: Terms, entry_id: str = "e-1") -> Entry:
    """An entry of these terms that is on the list."""
    return Entry(entry_id, 1, terms, State.ACTIVE, NOW, "t-1", NOW, "t-1")
