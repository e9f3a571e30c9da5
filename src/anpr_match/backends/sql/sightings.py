"""Sightings in SQL: finding an entry's newest ones, and writing what hits did to them."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import tables
from anpr_match.domain import sighting
from anpr_match.domain.hit import Hit, Sighting
from anpr_match.domain.routing import Place
from anpr_match.domain.sighting import Passing, Rules

_IDS_AT_ONCE = 500

_place_in_time = (
    sa.func.row_number()
    .over(partition_by=tables.sighting.c.entry_id, order_by=tables.sighting.c.last_at.desc())
    .label("place")
)
_ranked = (
    sa.select(tables.sighting, _place_in_time)
    .where(tables.sighting.c.entry_id.in_(sa.bindparam("entry_ids", expanding=True)))
    .subquery()
)
_recent = sa.select(_ranked).where(_ranked.c.place <= sighting.RECENT_MAX)
_insert = sa.insert(tables.sighting)
_grow = (
    sa.update(tables.sighting)
    .where(tables.sighting.c.sighting_id == sa.bindparam("of_sighting"))
    .values(
        {
            name: sa.bindparam(name)
            for name in (
                "first_at",
                "last_at",
                "reads",
                "camera_id",
                "camera_name",
                "road",
                "force",
                "lat",
                "lon",
                "heading",
            )
        }
    )
)

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
    for start in range(0, len(entry_ids), _IDS_AT_ONCE):
        for row in connection.execute(_recent, {"entry_ids": entry_ids[start : start + _IDS_AT_ONCE]}):
            found.setdefault(row.entry_id, []).append(_passing(row))
    return found


def _write(connection: sa.Connection, passings: Iterable[Passing], known: set[str]) -> None:
    new: list[dict[str, Any]] = []
    grown: list[dict[str, Any]] = []
    for passing in passings:
        if passing.sighting_id in known:
            grown.append({"of_sighting": passing.sighting_id, **_row(passing)})
        else:
            new.append({"sighting_id": passing.sighting_id, "entry_id": passing.entry_id, **_row(passing)})
    if new:
        connection.execute(_insert, new)
    if grown:
        connection.execute(_grow, grown)


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
    return Passing(
        row.sighting_id,
        row.entry_id,
        row.first_at,
        row.last_at,
        row.reads,
        row.camera_id,
        row.camera_name,
        row.road,
        row.force,
        None if row.lat is None or row.lon is None else Place(row.lat, row.lon),
        row.heading,
    )
