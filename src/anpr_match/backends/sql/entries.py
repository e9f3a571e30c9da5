"""Entries of the watchlist as rows, and the writing of edits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from anpr_match.backends.sql import bulk, counters, tables
from anpr_match.domain.watchlist import Act, Entry, State, Terms, Version
from anpr_match.ports.audit import Act as AuditAct
from anpr_match.ports.audit import Kind

OURSELVES = "anpr-match"
"""Who does what nobody asked for."""

_EDITS_AT_ONCE = 500
"""Small, so that whatever else the process does gets its turn."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Terms).decode
# Half the time of asking the enumeration, a hundred thousand times when a list is loaded.
_STATES = {state.value: state for state in State}

_entry = tables.entry
COLUMNS = (
    _entry.c.entry_id,
    _entry.c.version,
    _entry.c.terms,
    _entry.c.state,
    _entry.c.created_at,
    _entry.c.created_by,
    _entry.c.updated_at,
    _entry.c.updated_by,
)
"""Of which an entry is made; decoding a column of a long list takes its time."""

there = sa.or_(
    _entry.c.import_id.is_(None),
    _entry.c.import_id.not_in(sa.select(tables.pending_import.c.import_id)),
)
"""Whether the entry of a row is there: not if its import is still under way, or was broken off."""

_update_entry = (
    sa.update(tables.entry)
    .where(tables.entry.c.entry_id == sa.bindparam("of_entry"))
    .values(
        {
            name: sa.bindparam(name)
            for name in (
                "version",
                "state",
                "owner_force",
                "vrm",
                "ends_at",
                "terms",
                "updated_at",
                "updated_by",
            )
        }
    )
)


@dataclass(frozen=True, slots=True)
class Edit:
    """What an entry comes to look like, by which act, and why."""

    entry: Entry
    act: Act
    reason: str | None


def write(connection: sa.Connection, edits: Sequence[Edit]) -> None:
    """Write entries, their history and the changes with the next revisions, in this order.

    Whoever edits an entry that is there already has locked the counter of revisions before looking at it.
    """
    for some in _batches(edits):
        _write_entries(connection, some)
    revision = counters.advance(connection, counters.WATCHLIST, len(edits)) - len(edits)
    for some in _batches(edits):
        changes = [_change_row(number, edit) for number, edit in enumerate(some, revision + 1)]
        bulk.insert(connection, tables.watchlist_change, changes)
        revision += len(some)


def _batches(edits: Sequence[Edit]) -> Iterator[Sequence[Edit]]:
    return (edits[start : start + _EDITS_AT_ONCE] for start in range(0, len(edits), _EDITS_AT_ONCE))


def _write_entries(connection: sa.Connection, edits: Sequence[Edit]) -> None:
    created = [row(edit.entry) for edit in edits if edit.act is Act.CREATED]
    edited = [_edited_row(edit.entry) for edit in edits if edit.act is not Act.CREATED]
    if created:
        bulk.insert(connection, tables.entry, created)
    if edited:
        connection.execute(_update_entry, edited)
    bulk.insert(connection, tables.entry_version, [version_row(edit) for edit in edits])


def entry(found: sa.Row[Any]) -> Entry:
    """The entry of a row of `entry`."""
    return Entry(
        found.entry_id,
        found.version,
        _decode(found.terms),
        _STATES[found.state],
        found.created_at,
        found.created_by,
        found.updated_at,
        found.updated_by,
    )


def as_of(row: sa.Row[Any]) -> Entry:
    """The entry as it stood, of a row of `entry_version`."""
    return Entry(
        row.entry_id,
        row.version,
        _decode(row.terms),
        _STATES[row.state],
        row.created_at,
        row.created_by,
        row.at,
        row.by,
    )


def version(row: sa.Row[Any]) -> Version:
    return Version(as_of(row), Act(row.act), row.at, row.by, row.reason)


def audited(edit: Edit, by: str, force: str | None) -> AuditAct:
    """What the audit says of an edit."""
    kind = Kind.COLLECTION if edit.act is Act.CREATED else Kind.ALTERATION
    action = f"watchlist.{edit.act.value}"
    return AuditAct(edit.entry.updated_at, kind, by, force, action, edit.entry.entry_id, edit.reason)


def begun(entry_id: str, terms: Terms, by: str, at: datetime) -> Entry:
    """A new entry."""
    return Entry(entry_id, 1, terms, State.ACTIVE, at, by, at, by)


def row(entry: Entry, import_id: str | None = None) -> dict[str, Any]:
    """The row of `entry` for an entry that is new."""
    return {
        "entry_id": entry.entry_id,
        "version": entry.version,
        "state": entry.state.value,
        "owner_force": entry.terms.owner_force,
        "vrm": entry.terms.vrm,
        "ends_at": entry.terms.ends_at,
        "terms": _encode(entry.terms).decode(),
        "created_at": entry.created_at,
        "created_by": entry.created_by,
        "updated_at": entry.updated_at,
        "updated_by": entry.updated_by,
        "import_id": import_id,
    }


def _edited_row(entry: Entry) -> dict[str, Any]:
    edited = row(entry)
    edited["of_entry"] = edited.pop("entry_id")
    del edited["created_at"], edited["created_by"], edited["import_id"]
    return edited


def version_row(edit: Edit) -> dict[str, Any]:
    """The row of `entry_version` for an edit."""
    entry = edit.entry
    return {
        "entry_id": entry.entry_id,
        "version": entry.version,
        "act": edit.act.value,
        "state": entry.state.value,
        "terms": _encode(entry.terms).decode(),
        "created_at": entry.created_at,
        "created_by": entry.created_by,
        "at": entry.updated_at,
        "by": entry.updated_by,
        "reason": edit.reason,
    }


def _change_row(revision: int, edit: Edit) -> dict[str, Any]:
    return {"revision": revision, "entry_id": edit.entry.entry_id, "version": edit.entry.version}
