"""Acts on hits in SQL. Whoever acts holds the counter of events, and so takes turns with all who write
to the log: two acts at once settle in the order of their numbers there."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import audit, counters, handlings, tables
from anpr_match.backends.sql.among import among
from anpr_match.backends.sql.engine import Database
from anpr_match.domain import handling
from anpr_match.domain.act import ActKind, Actor, Answer, HitAct, Outcome
from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import NotFound, Problem, Refused
from anpr_match.domain.event import Kind
from anpr_match.domain.handling import Handling, Status
from anpr_match.domain.hit import sighting_ids
from anpr_match.domain.routing import Plan
from anpr_match.ports import act_store
from anpr_match.ports.act_store import Acted, Answered, Standing
from anpr_match.wire import hit as wire_hit

_hit = tables.hit
_entry = tables.entry
_act = tables.hit_act
_known = sa.select(_act).where(_act.c.act_id == sa.bindparam("id"))
_unanswered = (Status.OPEN.value, Status.ACKNOWLEDGED.value, Status.TAKEN.value)
_of_vehicle = sa.select(_entry.c.entry_id).where(
    _entry.c.vrm == sa.select(_entry.c.vrm).where(_entry.c.entry_id == sa.bindparam("id")).scalar_subquery()
)
_siblings = (
    handlings.WITH_STATE.where(
        among(_hit.c.sighting_id, "of_sightings"),
        _hit.c.hit_id != sa.bindparam("but"),
        _hit.c.status.in_(_unanswered),
        _hit.c.state.is_not(None),
        _hit.c.withdrawn_at.is_(None),
    )
).order_by(_hit.c.seq)
_due = (
    handlings.WITH_STATE.where(_hit.c.next_step_at <= sa.bindparam("at"))
    .order_by(_hit.c.next_step_at, _hit.c.seq)
    .limit(sa.bindparam("most"))
)
_any_due = sa.select(_hit.c.hit_id).where(_hit.c.next_step_at <= sa.bindparam("at")).limit(1)
_handle = (
    sa.update(_hit)
    .where(_hit.c.hit_id == sa.bindparam("of_hit"))
    .values({name: sa.bindparam(name) for name in ("status", "state", "next_step_at")})
)
_standing = (
    sa.select(_hit)
    .where(
        _hit.c.status == sa.bindparam("status"),
        _hit.c.recorded_at >= sa.bindparam("since"),
        _hit.c.state.is_not(None),
        _hit.c.withdrawn_at.is_(None),
    )
    .order_by(_hit.c.seq)
    .limit(sa.bindparam("most"))
)
_announced = (
    sa.select(_hit)
    .where(_hit.c.recorded_at >= sa.bindparam("since"), _hit.c.state.is_not(None))
    .order_by(_hit.c.seq.desc())
    .limit(sa.bindparam("most"))
)
_tally = (
    sa.select(_hit.c.status, sa.func.count().label("hits"))
    .where(_hit.c.recorded_at >= sa.bindparam("since"), _hit.c.state.is_not(None))
    .group_by(_hit.c.status)
)
_open = (
    sa.select(_hit.c.priority, sa.func.count().label("hits"))
    .where(_hit.c.next_step_at.is_not(None))
    .group_by(_hit.c.priority)
)
_told = (_hit.c.entry_id, _hit.c.owner_force, _hit.c.shared_with, _hit.c.category, _hit.c.tier)
_answered = (
    sa.select(_act, *_told, tables.event.c.body)
    .join_from(_act, _hit, _act.c.hit_id == _hit.c.hit_id)
    .join(tables.event, tables.event.c.seq == _hit.c.seq)
    .where(
        _act.c.recorded_at >= sa.bindparam("since"),
        sa.or_(_act.c.answer.is_not(None), _act.c.outcome.is_not(None)),
    )
    .order_by(_act.c.number.desc())
    .limit(sa.bindparam("most"))
)
_answered_of_entry = _answered.where(_hit.c.entry_id == sa.bindparam("of_entry"))

Change = tuple[sa.Row[Any], Handling]


class SqlActStore:
    """`plan`: how hits are routed."""

    def __init__(self, database: Database, plan: Plan | None = None) -> None:
        self._database = database
        self._plan = plan or Plan()

    async def act(self, act: HitAct, by: Caller) -> Acted:
        return await self._database.write(lambda connection: self._record(connection, act, by))

    def _record(self, connection: sa.Connection, act: HitAct, by: Caller) -> Acted:
        last = counters.locked(connection, counters.EVENT)
        row = handlings.one(connection, act.hit_id)
        if row is None or not handlings.as_event(row, "").visible_to(by.force):
            raise NotFound("there is no such hit")
        known = connection.execute(_known, {"id": act.act_id}).first()
        if known is not None:
            if not _as_act(known).says_the_same(act):
                raise Refused([Problem("/act_id", "key_reused", "this id was used for another act")])
            return Acted(handlings.as_it_stands(row), new=False)
        changes = [(row, handling.acted(_state(row), act)), *_answered_too(connection, row, act, by)]
        connection.execute(sa.insert(_act), [_act_row(act, last + 1)])
        self._announce(connection, changes, act.recorded_at)
        audit.append(connection, [act_store.audited(act, by)])
        return Acted(handlings.as_it_stands(*changes[0]), new=True)

    async def step_due(self, at: datetime, limit: int) -> int:
        asked = {"at": at}

        def due(connection: sa.Connection) -> bool:
            return connection.execute(_any_due, asked).first() is not None

        def step(connection: sa.Connection) -> int:
            last = counters.locked(connection, counters.EVENT)
            rows = connection.execute(_due, {**asked, "most": limit}).all()
            changes = [(row, self._stepped(row, at)) for row in rows]
            if changes:
                acts = [_act_row(state.acts[0], last + n) for n, (_, state) in enumerate(changes, 1)]
                connection.execute(sa.insert(_act), acts)
                self._announce(connection, changes, at)
            return len(changes)

        # Mostly nothing is due, and looking must not cost a write.
        return await self._database.write(step) if await self._database.read(due) else 0

    def _stepped(self, row: sa.Row[Any], at: datetime) -> Handling:
        state = _state(row)
        step = handling.next_step(state, self._plan)
        kind = step[1] if step else ActKind.EXPIRE
        return handling.stepped(state, kind, row.hit_id, at, handlings.as_event(row, "").forces)

    def _announce(self, connection: sa.Connection, changes: Sequence[Change], at: datetime) -> None:
        """Write the new states, and a `hit.updated` for each, in their order."""
        last = counters.advance(connection, counters.EVENT, len(changes))
        events: list[dict[str, Any]] = []
        handled: list[dict[str, Any]] = []
        for seq, (row, state) in enumerate(changes, last - len(changes) + 1):
            events.append(
                {
                    "seq": seq,
                    "kind": Kind.HIT_UPDATED.value,
                    "hit_id": row.hit_id,
                    "recorded_at": at,
                    "body": wire_hit.as_it_stands(row.body, state, row.withdrawn_reason),
                    "routing": handlings.routing_text(state.news_addressed),
                }
            )
            columns = handlings.columns(state, self._plan)
            if row.withdrawn_at is not None:
                columns |= {"status": Status.CLOSED.value, "next_step_at": None}
            handled.append({"of_hit": row.hit_id, **columns})
        connection.execute(sa.insert(tables.event), events)
        connection.execute(_handle, handled)

    async def standing(self, status: Status, since: datetime, limit: int) -> Sequence[Standing]:
        rows = await self._rows(_standing, {"status": status.value, "since": since, "most": limit})
        return [_as_standing(row) for row in rows]

    async def tally(self, since: datetime) -> Mapping[Status, int]:
        rows = await self._rows(_tally, {"since": since})
        return {Status(row.status): row.hits for row in rows}

    async def open_by_priority(self) -> Mapping[int, int]:
        return {row.priority: row.hits for row in await self._rows(_open, {})}

    async def announced(self, since: datetime, limit: int) -> Sequence[Standing]:
        rows = await self._rows(_announced, {"since": since, "most": limit})
        return [_as_standing(row) for row in rows]

    async def answered(self, since: datetime, entry_id: str | None, limit: int) -> Sequence[Answered]:
        asked = {"since": since, "most": limit}
        if entry_id is None:
            rows = await self._rows(_answered, asked)
        else:
            rows = await self._rows(_answered_of_entry, {**asked, "of_entry": entry_id})
        return [_as_answered(row) for row in reversed(rows)]

    async def _rows(self, statement: sa.Select[Any], values: dict[str, Any]) -> Sequence[sa.Row[Any]]:
        def rows(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
            found: Sequence[sa.Row[Any]] = connection.execute(statement, values).all()
            return found

        return await self._database.read(rows)


def _answered_too(connection: sa.Connection, row: sa.Row[Any], act: HitAct, by: Caller) -> list[Change]:
    """The other hits of the passing whose state the act changes, of those that the caller may see."""
    asked = {"of_sightings": _same_passing(connection, row), "but": row.hit_id}
    changes: list[Change] = []
    for other in connection.execute(_siblings, asked).all():
        seen = handlings.as_event(other, "").visible_to(by.force)
        if not seen or not handling.reaches(act, same_entry=other.entry_id == row.entry_id):
            continue
        before = _state(other)
        after = handling.acted(before, act)
        if after.status is not before.status:
            changes.append((other, after))
    return changes


def _same_passing(connection: sa.Connection, row: sa.Row[Any]) -> list[str]:
    """The sightings of the vehicle's passing: of the entry of the hit, and of others of its plate."""
    entry_ids = connection.execute(_of_vehicle, {"id": row.entry_id}).scalars()
    return sighting_ids(row.sighting_id, entry_ids)


def _state(row: sa.Row[Any]) -> Handling:
    return handlings.state_of(row) or handling.unknown(row.priority, row.recorded_at)


def _act_row(act: HitAct, number: int) -> dict[str, Any]:
    return {
        "act_id": act.act_id,
        "hit_id": act.hit_id,
        "number": number,
        "kind": act.kind.value,
        "by_key": act.by.key,
        "by_name": act.by.name,
        "by_force": act.by.force,
        "by_unit_id": act.by.unit_id,
        "at": act.at,
        "recorded_at": act.recorded_at,
        "answer": act.answer and act.answer.value,
        "outcome": act.outcome and act.outcome.value,
        "plate_true": act.plate_true,
        "note": act.note,
    }


def _as_act(row: sa.Row[Any]) -> HitAct:
    return HitAct(
        act_id=row.act_id,
        hit_id=row.hit_id,
        kind=ActKind(row.kind),
        by=Actor(row.by_key, row.by_name, row.by_force, row.by_unit_id),
        at=row.at,
        recorded_at=row.recorded_at,
        answer=row.answer and Answer(row.answer),
        outcome=row.outcome and Outcome(row.outcome),
        plate_true=row.plate_true,
        note=row.note,
    )


def _as_answered(row: sa.Row[Any]) -> Answered:
    return Answered(
        act=_as_act(row),
        entry_id=row.entry_id,
        owner_force=row.owner_force,
        shared_with=tuple(json.loads(row.shared_with)),
        category=row.category,
        tier=row.tier,
        body=row.body,
    )


def _as_standing(row: sa.Row[Any]) -> Standing:
    return Standing(
        hit_id=row.hit_id,
        entry_id=row.entry_id,
        sighting_id=row.sighting_id,
        owner_force=row.owner_force,
        shared_with=tuple(json.loads(row.shared_with)),
        captured_at=row.captured_at,
        recorded_at=row.recorded_at,
        next_step_at=row.next_step_at,
        state=_state(row),
    )
