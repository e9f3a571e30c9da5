"""Acts on hits in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from anpr_match.backends.memory.hit_store import as_it_stands
from anpr_match.backends.memory.ledger import KeptHit, Ledger
from anpr_match.domain import handling
from anpr_match.domain.act import HitAct
from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import NotFound, Problem, Refused
from anpr_match.domain.event import Kind
from anpr_match.domain.handling import Handling, Status
from anpr_match.domain.hit import passing_id
from anpr_match.domain.routing import Plan
from anpr_match.ports import act_store
from anpr_match.ports.act_store import Acted, Answered, Standing


class MemoryActStore:
    """`plan`: how hits are routed."""

    def __init__(self, ledger: Ledger, plan: Plan | None = None) -> None:
        self._ledger = ledger
        self._plan = plan or Plan()

    async def act(self, act: HitAct, by: Caller) -> Acted:
        await self._ledger.reach()
        kept = self._ledger.hits.get(act.hit_id)
        if kept is None or not kept.event.visible_to(by.force):
            raise NotFound("there is no such hit")
        known = self._ledger.acts.get(act.act_id)
        if known is not None:
            if not known.says_the_same(act):
                raise Refused([Problem("/act_id", "key_reused", "this id was used for another act")])
            return Acted(as_it_stands(kept), new=False)
        self._ledger.acts[act.act_id] = act
        self._announce(kept, handling.acted(kept.state, act), act.recorded_at)
        for other in self._siblings(kept, act, by):
            state = handling.acted(other.state, act)
            if state.status is not other.state.status:
                self._announce(other, state, act.recorded_at)
        self._ledger.append_audit([act_store.audited(act, by)])
        return Acted(as_it_stands(kept), new=True)

    async def step_due(self, at: datetime, limit: int) -> int:
        await self._ledger.reach()
        due = [kept for kept in self._ledger.hits.values() if kept.next_step_at and kept.next_step_at <= at]
        due.sort(key=lambda kept: (kept.next_step_at, kept.event.seq))
        for kept in due[:limit]:
            step = handling.next_step(kept.state, self._plan)
            if step is not None:
                forces = kept.event.forces
                state = handling.stepped(kept.state, step[1], kept.hit.hit_id, at, forces)
                self._ledger.acts[state.acts[0].act_id] = state.acts[0]
                self._announce(kept, state, at)
        return len(due[:limit])

    def _siblings(self, kept: KeptHit, act: HitAct, by: Caller) -> list[KeptHit]:
        """The other hits of the vehicle's passing that the act may answer."""
        ended = (Status.CLOSED, Status.EXPIRED)
        return [
            other
            for other in self._ledger.hits.values()
            if passing_id(other.sighting_id) == passing_id(kept.sighting_id)
            and other is not kept
            and other.event.visible_to(by.force)
            and handling.reaches(act, same_entry=other.sighting_id == kept.sighting_id)
            and other.withdrawn_reason is None
            and other.state.status not in ended
        ]

    def _announce(self, kept: KeptHit, state: Handling, at: datetime) -> None:
        step = None if kept.withdrawn_reason else handling.next_step(state, self._plan)
        kept.state, kept.next_step_at = state, step[0] if step else None
        told = replace(
            kept.event,
            seq=len(self._ledger.events) + 1,
            kind=Kind.HIT_UPDATED,
            recorded_at=at,
            body=as_it_stands(kept).body,
            routing=state.news_addressed,
        )
        self._ledger.events.append(told)

    async def standing(self, status: Status, since: datetime, limit: int) -> Sequence[Standing]:
        await self._ledger.reach()
        return [
            _standing(kept)
            for kept in self._ledger.hits.values()
            if kept.withdrawn_reason is None
            and kept.state.status is status
            and kept.event.recorded_at >= since
        ][:limit]

    async def tally(self, since: datetime) -> Mapping[Status, int]:
        await self._ledger.reach()
        return Counter(
            _status(kept) for kept in self._ledger.hits.values() if kept.event.recorded_at >= since
        )

    async def open_by_priority(self) -> Mapping[int, int]:
        await self._ledger.reach()
        return Counter(
            kept.state.priority for kept in self._ledger.hits.values() if kept.next_step_at is not None
        )

    async def announced(self, since: datetime, limit: int) -> Sequence[Standing]:
        await self._ledger.reach()
        found = [kept for kept in self._ledger.hits.values() if kept.event.recorded_at >= since]
        return [_standing(kept) for kept in reversed(found)][:limit]

    async def answered(self, since: datetime, entry_id: str | None, limit: int) -> Sequence[Answered]:
        await self._ledger.reach()
        found = [
            _answered(act, self._ledger.hits[act.hit_id])
            for act in self._ledger.acts.values()
            if act.recorded_at >= since and (act.answer or act.outcome)
        ]
        return [one for one in found if entry_id is None or one.entry_id == entry_id][-limit:]


def _status(kept: KeptHit) -> Status:
    return Status.CLOSED if kept.withdrawn_reason else kept.state.status


def _answered(act: HitAct, kept: KeptHit) -> Answered:
    event = kept.event
    return Answered(
        act,
        kept.hit.match.entry.entry_id,
        event.owner_force,
        event.shared_with,
        event.category,
        event.tier,
        event.body,
    )


def _standing(kept: KeptHit) -> Standing:
    return Standing(
        hit_id=kept.hit.hit_id,
        entry_id=kept.hit.match.entry.entry_id,
        sighting_id=kept.sighting_id,
        owner_force=kept.event.owner_force,
        shared_with=kept.event.shared_with,
        captured_at=kept.event.captured_at,
        recorded_at=kept.event.recorded_at,
        next_step_at=kept.next_step_at,
        state=kept.state,
    )
