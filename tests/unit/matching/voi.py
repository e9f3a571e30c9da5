"""Vehicles of interest for tests."""

from datetime import UTC, datetime

from anpr_match.domain.watchlist import Change, Entry, State, Terms

AT = datetime(2026, 11, 22, tzinfo=UTC)


def a_voi(
    entry_id: str,
    vrm: str | None = None,
    pattern: str | None = None,
    state: State = State.ACTIVE,
    make: str | None = None,
    colour: str | None = None,
) -> Entry:
    terms = Terms(
        "herts", "test", "test", AT, AT, plate=vrm, vrm=vrm, pattern=pattern, make=make, colour=colour
    )
    return Entry(entry_id, 1, terms, state, AT, "a", AT, "a")


def a_change(entry: Entry, revision: int) -> Change:
    return Change(revision, entry)
