"""Erasing what was kept long enough, the oldest first, in small transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import audit, counters, tables
from anpr_match.backends.sql.engine import Database
from anpr_match.ports.audit import Act, Kind
from anpr_match.ports.clock import Clock

_OURSELVES = "anpr-match"
_IDS_AT_ONCE = 500

_event, _hit, _sighting = tables.event, tables.hit, tables.sighting
_replay, _device = tables.dead_letter_replay, tables.feed_device
_oldest = (
    sa.select(_event.c.seq, _event.c.hit_id, _event.c.recorded_at)
    .order_by(_event.c.seq)
    .limit(sa.bindparam("most"))
)
_erase_events = sa.delete(_event).where(_event.c.seq <= sa.bindparam("last"))
_without_events = sa.select(_hit.c.hit_id).where(
    _hit.c.hit_id.in_(sa.bindparam("ids", expanding=True)),
    ~sa.exists().where(_event.c.hit_id == _hit.c.hit_id),
)
_erase_hits = sa.delete(_hit).where(_hit.c.hit_id.in_(sa.bindparam("ids", expanding=True)))
_over = (
    sa.select(_sighting.c.sighting_id)
    .where(
        _sighting.c.last_at < sa.bindparam("before"),
        ~sa.exists().where(_hit.c.sighting_id == _sighting.c.sighting_id),
    )
    .limit(sa.bindparam("most"))
)
_erase_sightings = sa.delete(_sighting).where(
    _sighting.c.sighting_id.in_(sa.bindparam("ids", expanding=True))
)
_hanging_on_hits = [
    sa.delete(table).where(column.in_(sa.bindparam("ids", expanding=True)))
    for table in reversed(tables.metadata.sorted_tables)
    for column in table.c
    if table is not _event and any(key.column is _hit.c.hit_id for key in column.foreign_keys)
]
"""Whatever else is kept of a hit goes with it, also what a later version keeps."""


class SqlRetention:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_hits(self, before: datetime, events_max: int) -> int:
        def due(connection: sa.Connection) -> bool:
            row = connection.execute(_oldest, {"most": 1}).first()
            return row is not None and row.recorded_at < before

        # Mostly nothing is due, and looking must not cost a write.
        if not await self._database.read(due):
            return 0
        return await self._database.write(lambda connection: self._forget(connection, before, events_max))

    def _forget(self, connection: sa.Connection, before: datetime, events_max: int) -> int:
        # Nobody records, withdraws or acts on a hit meanwhile; and two that forget take turns.
        counters.locked(connection, counters.EVENT)
        gone = []
        for row in connection.execute(_oldest, {"most": events_max}):
            if row.recorded_at >= before:
                break
            gone.append(row)
        if not gone:
            return 0
        connection.execute(_erase_events, {"last": gone[-1].seq})
        hits = _forget_hits(connection, list(dict.fromkeys(row.hit_id for row in gone)))
        _forget_sightings(connection, before, events_max)
        subject = f"events {gone[0].seq} to {gone[-1].seq}, {hits} hits"
        why = f"kept since before {before.date().isoformat()}"
        act = Act(self._clock.now(), Kind.ERASURE, _OURSELVES, None, "hits.erase", subject, why)
        audit.append(connection, [act])
        return len(gone)

    async def forget_replays(self, before: datetime) -> None:
        def some(connection: sa.Connection) -> Any:
            old = sa.select(_replay.c.letter_id).where(_replay.c.replayed_at < before).limit(1)
            return connection.execute(old).first()

        def forget(connection: sa.Connection) -> None:
            connection.execute(sa.delete(_replay).where(_replay.c.replayed_at < before))

        if await self._database.read(some):
            await self._database.write(forget)

    async def forget_devices(self, before: datetime) -> None:
        old = sa.and_(
            *(sa.or_(at.is_(None), at < before) for at in (_device.c.connected_at, _device.c.acked_at))
        )

        def some(connection: sa.Connection) -> Any:
            return connection.execute(sa.select(_device.c.token_id).where(old).limit(1)).first()

        def forget(connection: sa.Connection) -> None:
            connection.execute(sa.delete(_device).where(old))

        if await self._database.read(some):
            await self._database.write(forget)


def _forget_hits(connection: sa.Connection, ids: Sequence[str]) -> int:
    """Those of `ids` that no event tells of any more; returns how many."""
    forgotten = 0
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = {"ids": list(ids[start : start + _IDS_AT_ONCE])}
        bare = {"ids": list(connection.execute(_without_events, some).scalars())}
        if bare["ids"]:
            for statement in (*_hanging_on_hits, _erase_hits):
                connection.execute(statement, bare)
        forgotten += len(bare["ids"])
    return forgotten


def _forget_sightings(connection: sa.Connection, before: datetime, most: int) -> None:
    """Passings that are over and of which no hit is left."""
    ids = list(connection.execute(_over, {"before": before, "most": most}).scalars())
    for start in range(0, len(ids), _IDS_AT_ONCE):
        connection.execute(_erase_sightings, {"ids": ids[start : start + _IDS_AT_ONCE]})
