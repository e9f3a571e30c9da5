"""Sightings in SQL: finding an entry's newest ones, and writing what hits did to them."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import bulk, tables
from anpr_match.backends.sql.among import rows_of
from anpr_match.domain import sighting
from anpr_match.domain.hit import Hit, Sighting
from anpr_match.domain.routing import Place
from anpr_match.domain.sighting import Passing, Rules

_sighting = tables.sighting


def _newest_each(dialect: str) -> sa.Select[Any]:
    """The newest sightings of each of some entries, by the index alone: the usual ways, a window or a
    correlated subquery on PostgreSQL, look at every sighting that such an entry ever had."""
    wanted = rows_of("entry_ids", dialect)
    other = _sighting.alias("other")
    newest = (
        sa.select(other)
        .where(other.c.entry_id == wanted.c.value)
        .order_by(other.c.last_at.desc())
        .limit(sighting.RECENT_MAX)
    )
    if dialect == "postgresql":
        found = newest.lateral("newest")
        return sa.select(found).select_from(wanted.join(found, sa.true()))
    of_entry = newest.with_only_columns(other.c.sighting_id).correlate(wanted)
    return sa.select(_sighting).select_from(wanted.join(_sighting, _sighting.c.sighting_id.in_(of_entry)))


_recent = {dialect: _newest_each(dialect) for dialect in ("postgresql", "sqlite")}

Placed = tuple[Hit, Sighting, list[dict[str, Any]]]


def place(connection: sa.Connection, hits: Sequence[Hit], rules: Rules) -> list[Placed]:
    """Each hit with its sighting and the sightings before it, all written. The caller keeps others
    from doing the same for the same entries."""
    recent = _newest(connection, list({hit.match.entry.entry_id for hit in hits}))
    known = {passing.sighting_id for passings in recent.values() for passing in passings}
    written: dict[str, Passing] = {}
    placed: list[Placed] = []
    for hit in hits:
        passings = recent.setdefault(hit.match.entry.entry_id, [])
        passing = sighting.place(hit, passings, rules)
        placed.append((hit, passing.sighting, sighting.previous(passing, passings)))
        others = [other for other in passings if other.sighting_id != passing.sighting_id]
        recent[passing.entry_id] = sighting.newest([*others, passing])
        written[passing.sighting_id] = passing
    _write(connection, written.values(), known)
    return placed


def _newest(connection: sa.Connection, entry_ids: Sequence[str]) -> dict[str, list[Passing]]:
    found: dict[str, list[Passing]] = {}
    for row in connection.execute(_recent[connection.dialect.name], {"entry_ids": entry_ids}).all():
        passing = _passing(row)
        found.setdefault(passing.entry_id, []).append(passing)
    return found


def _write(connection: sa.Connection, passings: Iterable[Passing], known: set[str]) -> None:
    new: list[dict[str, Any]] = []
    grown: list[dict[str, Any]] = []
    for passing in passings:
        row = _row(passing)
        if passing.sighting_id in known:
            grown.append({**row, "sighting_id": passing.sighting_id})
        else:
            new.append({**row, "sighting_id": passing.sighting_id, "entry_id": passing.entry_id})
    bulk.insert(connection, _sighting, new)
    bulk.update(connection, _sighting, ["sighting_id"], grown)


def _row(passing: Passing) -> dict[str, Any]:
    """What grows with each read of it."""
    return {
        "first_at": passing.first_at,
        "last_at": passing.last_at,
        "reads": passing.reads,
        "camera_id": passing.camera_id,
        "camera_name": passing.camera_name,
        "road": passing.road,
        "force": passing.force,
        "lat": passing.place and passing.place.lat,
        "lon": passing.place and passing.place.lon,
        "heading": passing.heading,
    }


def _passing(row: sa.Row[Any]) -> Passing:
    # By place, for this is done several times for each hit, and names would cost more than all the rest.
    stored: list[Any] = list(row)
    lat, lon, heading = stored[-3:]
    stored[-3:] = [None if lat is None or lon is None else Place(lat, lon), heading]
    return Passing(*stored)
