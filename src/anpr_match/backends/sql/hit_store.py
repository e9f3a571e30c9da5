"""Hits and the event log in SQL."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import bulk, counters, handlings, offsets, sightings, tables
from anpr_match.backends.sql.among import among
from anpr_match.backends.sql.engine import Database
from anpr_match.domain.errors import Unwritable
from anpr_match.domain.event import Bounds, Event, Kind
from anpr_match.domain.hit import Hit, Recorded
from anpr_match.domain.routing import Plan
from anpr_match.domain.sighting import Rules
from anpr_match.domain.watchlist import State
from anpr_match.ports.clock import Clock
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Claim, Partition
from anpr_match.wire import hit as wire_hit

_hit = tables.hit
_event = tables.event
_entry = tables.entry
# The state is no condition: SQLite would take the index over it, and look at every active entry.
_standing = sa.union_all(
    sa.select(_entry.c.entry_id, _entry.c.state, _entry.c.ends_at).where(
        among(_entry.c.entry_id, "entry_ids")
    ),
    sa.select(_hit.c.hit_id, sa.null(), sa.null()).where(among(_hit.c.hit_id, "hit_ids")),
)
"""The entries, and the hits that are recorded already: these have no state."""
_events = (
    sa.select(_event, *handlings.SEEN_BY)
    .join_from(_event, _hit, _event.c.hit_id == _hit.c.hit_id)
    .where(_event.c.seq > sa.bindparam("after"))
    .order_by(_event.c.seq)
    .limit(sa.bindparam("most"))
)
_bounds = sa.select(
    sa.select(tables.meta.c.value).where(tables.meta.c.name == "log_epoch").scalar_subquery().label("epoch"),
    sa.select(sa.func.min(_event.c.seq)).scalar_subquery().label("first_seq"),
    counters.value(counters.EVENT).label("head_seq"),
)


class SqlHitStore:
    """`rules`: which reads of an entry's vehicle are one passing. `plan`: how hits are routed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        group: str = "anpr-match",
        rules: Rules | None = None,
        plan: Plan | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._group = group
        self._rules = rules or Rules()
        self._plan = plan or Plan()

    async def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        if not partitions:
            return {}
        return await self._database.write(
            lambda connection: offsets.claim(connection, self._group, partitions)
        )

    async def record(self, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        try:
            return await self._database.write(lambda connection: self._record(connection, hits, done))
        except (ValueError, OverflowError) as error:
            # Of rendering, or of the driver: a number too large, a text that is no text.
            raise Unwritable(f"a hit cannot be written: {type(error).__name__}") from None

    def _record(self, connection: sa.Connection, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        head_seq = offsets.advance(connection, self._group, done)
        if not hits and head_seq is not None:
            return Recorded(head_seq=head_seq)
        unlike = list({hit.hit_id: hit for hit in reversed(hits)}.values())[::-1]
        # From here on recorders take turns, and those who withdraw entries wait: see `withdrawals`. Nearly
        # always all are new, so that one statement both locks the counter and moves it on.
        last_seq = counters.advance(connection, counters.EVENT, len(unlike))
        new = _to_record(connection, unlike)
        if len(new) < len(unlike):
            last_seq = counters.advance(connection, counters.EVENT, len(new) - len(unlike))
        if new:
            self._write(connection, new, last_seq - len(new) + 1)
        return Recorded(len(new), last_seq, tuple(hit.hit_id for hit in new))

    def _write(self, connection: sa.Connection, new: Sequence[Hit], first_seq: int) -> None:
        placed = sightings.place(connection, new, self._rules)
        now = self._clock.now()
        begun = handlings.begun(connection, placed, now, self._plan)
        _write(connection, placed, begun, first_seq, now)

    async def bounds(self) -> Bounds:
        def bounds(connection: sa.Connection) -> Bounds:
            row = connection.execute(_bounds).one()
            floor_seq = row.head_seq if row.first_seq is None else row.first_seq - 1
            return Bounds(row.epoch, floor_seq, row.head_seq)

        return await self._database.read(bounds)

    async def events(self, after: int, limit: int) -> list[Event]:
        def events(connection: sa.Connection) -> list[Event]:
            rows = connection.execute(_events, {"after": after, "most": limit})
            return [handlings.as_event(row, row.body) for row in rows]

        return await self._database.read(events)

    async def hit_body(self, hit_id: str) -> Event | None:
        def hit_body(connection: sa.Connection) -> Event | None:
            row = handlings.one(connection, hit_id)
            return None if row is None else handlings.as_it_stands(row)

        return await self._database.read(hit_body)


def _to_record(connection: sa.Connection, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that are not recorded yet, and whose entry was not withdrawn or ended since they were
    matched."""
    if not hits:
        return []
    entry_ids = list({hit.match.entry.entry_id for hit in hits})
    asked = {"entry_ids": entry_ids, "hit_ids": [hit.hit_id for hit in hits]}
    ends: dict[str, datetime] = {}
    known: set[str] = set()
    for found, state, ends_at in connection.execute(_standing, asked):
        if state is None:
            known.add(found)
        elif state == State.ACTIVE.value:
            ends[found] = ends_at
    return [
        hit
        for hit in hits
        if hit.hit_id not in known
        and (ends_at := ends.get(hit.match.entry.entry_id)) is not None
        and hit.matched_at < ends_at
    ]


def _write(
    connection: sa.Connection,
    placed: Sequence[sightings.Placed],
    begun: Sequence[handlings.Begun],
    first_seq: int,
    now: datetime,
) -> None:
    hits: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for seq, ((hit, sighting, previous), (state, columns)) in enumerate(
        zip(placed, begun, strict=True), first_seq
    ):
        hits.append({**_hit_row(hit, seq, sighting.sighting_id, now), **columns})
        events.append(
            {
                "seq": seq,
                "kind": Kind.HIT.value,
                "hit_id": hit.hit_id,
                "recorded_at": now,
                "body": wire_hit.render(hit, seq, sighting, previous, state),
                "routing": handlings.routing_text(state.addressed),
            }
        )
    bulk.insert(connection, _hit, hits)
    bulk.insert(connection, _event, events)


def _hit_row(hit: Hit, seq: int, sighting_id: str, now: datetime) -> dict[str, Any]:
    terms, place = hit.match.entry.terms, hit.place
    return {
        "hit_id": hit.hit_id,
        "read_id": hit.read.read_id,
        "entry_id": hit.match.entry.entry_id,
        "sighting_id": sighting_id,
        "seq": seq,
        "owner_force": terms.owner_force,
        "shared_with": json.dumps(terms.shared_with),
        "category": terms.category,
        "priority": terms.priority,
        "tier": hit.match.tier.value,
        "operation_id": terms.operation_id,
        "lat": place and place.lat,
        "lon": place and place.lon,
        "captured_at": hit.read.captured_at,
        "recorded_at": now,
        "withdrawn_at": None,
        "withdrawn_reason": None,
    }
