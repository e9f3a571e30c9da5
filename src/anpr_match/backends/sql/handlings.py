"""The state of hits as rows, and hits as events."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from anpr_match.backends.sql import sightings, tables
from anpr_match.backends.sql.among import among
from anpr_match.domain import handling
from anpr_match.domain.event import Event, Kind
from anpr_match.domain.handling import Handling
from anpr_match.domain.routing import Place, Plan, Routing
from anpr_match.wire import hit as wire_hit

_hit = tables.hit
_event = tables.event
_encode = msgspec.json.Encoder().encode
_decode_state = msgspec.json.Decoder(Handling).decode
_decode_routing = msgspec.json.Decoder(Routing).decode

SEEN_BY = (
    _hit.c.owner_force,
    _hit.c.shared_with,
    _hit.c.category,
    _hit.c.priority,
    _hit.c.tier,
    _hit.c.operation_id,
    _hit.c.captured_at,
    _hit.c.lat,
    _hit.c.lon,
)
"""What subscriptions filter events by, beside what the event itself holds."""
STATE = (_hit.c.entry_id, _hit.c.sighting_id, _hit.c.state, _hit.c.withdrawn_at, _hit.c.withdrawn_reason)
WITH_STATE = sa.select(_event, *SEEN_BY, *STATE).join_from(_hit, _event, _event.c.seq == _hit.c.seq)
"""Hits with their first events and their states."""

_one = WITH_STATE.where(_hit.c.hit_id == sa.bindparam("id"))
_newest = (
    sa.select(sa.func.max(_hit.c.seq))
    .where(among(_hit.c.sighting_id, "ids"), _hit.c.withdrawn_at.is_(None))
    .group_by(_hit.c.sighting_id)
)
_earlier = sa.select(_hit.c.sighting_id, _hit.c.state).where(_hit.c.seq.in_(_newest))

Begun = tuple[Handling, dict[str, Any]]
"""The state of a new hit, and its columns."""


def begun(
    connection: sa.Connection, placed: Sequence[sightings.Placed], now: datetime, plan: Plan
) -> list[Begun]:
    """The state of each new hit, which begins where the read before it in the same passing stands."""
    latest = _latest(connection, {s.sighting_id for _, s, _ in placed if s.reads > 1})
    made: list[Begun] = []
    for hit, sighting, _ in placed:
        state = handling.begun(hit, now, plan, latest.get(sighting.sighting_id))
        latest[sighting.sighting_id] = state
        made.append((state, columns(state, plan)))
    return made


def _latest(connection: sa.Connection, sighting_ids: set[str]) -> dict[str, Handling]:
    if not sighting_ids:
        return {}
    rows = connection.execute(_earlier, {"ids": list(sighting_ids)})
    return {sighting_id: _decode_state(state) for sighting_id, state in rows if state is not None}


def columns(state: Handling, plan: Plan) -> dict[str, Any]:
    """The columns of the hit that hold its state."""
    step = handling.next_step(state, plan)
    return {
        "status": state.status.value,
        "state": _encode(state).decode(),
        "next_step_at": step[0] if step else None,
    }


def state_of(row: sa.Row[Any]) -> Handling | None:
    """The state of a hit; None for one from before acts were kept."""
    return None if row.state is None else _decode_state(row.state)


def routing_text(routing: Routing | None) -> str | None:
    """To whom an event is addressed, as its column."""
    return None if routing is None else _encode(routing).decode()


def one(connection: sa.Connection, hit_id: str) -> sa.Row[Any] | None:
    """A hit with its first event and its state."""
    return connection.execute(_one, {"id": hit_id}).first()


def as_it_stands(row: sa.Row[Any], state: Handling | None = None) -> Event:
    """The hit as an event of kind `hit` with its present state (`state`, else that of the row)."""
    state = state or state_of(row)
    return as_event(row, wire_hit.as_it_stands(row.body, state, row.withdrawn_reason))


def as_event(row: sa.Row[Any], body: str) -> Event:
    return Event(
        seq=row.seq,
        kind=Kind(row.kind),
        hit_id=row.hit_id,
        owner_force=row.owner_force,
        shared_with=tuple(json.loads(row.shared_with)),
        category=row.category,
        priority=row.priority,
        tier=row.tier,
        operation_id=row.operation_id,
        captured_at=row.captured_at,
        recorded_at=row.recorded_at,
        body=body,
        routing=None if row.routing is None else _decode_routing(row.routing),
        place=None if row.lat is None or row.lon is None else Place(row.lat, row.lon),
    )
