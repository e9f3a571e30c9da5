"""What becomes of a hit: its state, and how acts and steps change it. Values in, values out.

A hit is open until somebody answers it; open hits go wider step by step, and expire in the end. Acts
are taken in the order in which they are recorded, and what was announced is never rewritten: whoever
took a hit first in the log has it, also when another did so earlier without a link.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from anpr_match.domain.act import OURSELVES, ActKind, Actor, Answer, HitAct, Outcome, act_id
from anpr_match.domain.hit import Hit
from anpr_match.domain.routing import Level, Plan, Routing
from anpr_match.domain.watchlist import Response

ACTS_SHOWN_MAX = 20
"""How many of its acts a hit shows; the table of acts keeps all."""

BEFORE_ACTS = "recorded before acts were kept"


class Status(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    TAKEN = "taken"
    CLOSED = "closed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has taken a hit, and when."""

    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Handling:
    """The state of one hit. `acts` are newest first, those of the service among them; an act with
    another hit's id was done on that one, of the same passing. `reason` says why a hit is closed or
    expired that no officer closed. `plate_read` is what the camera read, to tell one misread from
    another."""

    status: Status
    priority: int
    announced_at: datetime
    escalates: bool
    plate_read: str
    routing: Routing | None = None
    taken_by: Holder | None = None
    answer: Answer | None = None
    answered_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    acts: tuple[HitAct, ...] = ()

    @property
    def addressed(self) -> Routing:
        """To whom the hit itself is addressed."""
        return self.routing or Routing(Level.NEAR, (), self.announced_at)

    @property
    def news_addressed(self) -> Routing | None:
        """To whom news of the hit is addressed: when somebody has answered it, all who may see it (None),
        since any of them may hold its card."""
        return self.addressed if self.status is Status.OPEN else None


def begun(hit: Hit, at: datetime, plan: Plan, earlier: Handling | None) -> Handling:
    """The state of a hit recorded at `at`; `earlier` is that of the read before it in the same passing,
    whose answer holds for this one too: one vehicle, one card."""
    terms = hit.match.entry.terms
    log_only = terms.response is Response.LOG_ONLY
    fresh = Handling(
        status=Status.CLOSED if log_only else Status.OPEN,
        priority=terms.priority,
        announced_at=at,
        escalates=not hit.late and not log_only and plan.waits_of(terms.priority) is not None,
        plate_read=hit.match.plate_read,
        routing=None if log_only else _near(hit, at, plan),
        reason="for the record only: the entry asks for nothing to be done" if log_only else None,
    )
    if log_only or earlier is None or not _carries_over(earlier, fresh):
        return fresh
    return replace(
        fresh,
        status=earlier.status,
        announced_at=earlier.announced_at,
        escalates=fresh.escalates or earlier.escalates,
        routing=_joined(earlier.routing, fresh.routing),
        taken_by=earlier.taken_by,
        answer=earlier.answer,
        answered_at=earlier.answered_at,
        outcome=earlier.outcome,
        acts=earlier.acts,
    )


def unknown(priority: int, at: datetime) -> Handling:
    """The state of a hit recorded at `at`, before acts were kept."""
    return Handling(Status.EXPIRED, priority, at, escalates=False, plate_read="", reason=BEFORE_ACTS)


def _carries_over(earlier: Handling, fresh: Handling) -> bool:
    """A read that was called a misread says nothing of another reading of the same passing."""
    if earlier.status is Status.EXPIRED:
        return False
    if earlier.status is Status.CLOSED and earlier.answer in (Answer.MISREAD, Answer.WRONG_PLATE):
        return earlier.plate_read == fresh.plate_read
    return True


def _near(hit: Hit, at: datetime, plan: Plan) -> Routing:
    """To the force whose roads the camera watches, else to the owner; to the operation; to whom is near."""
    terms, camera = hit.match.entry.terms, hit.camera
    here = camera.force if camera.force is not None and terms.visible_to(camera.force) else terms.owner_force
    within_km = plan.near_km if hit.place else None
    return Routing(Level.NEAR, (here,), at, terms.operation_id, hit.place, within_km)


def _joined(earlier: Routing | None, fresh: Routing | None) -> Routing | None:
    if earlier is None or fresh is None:
        return earlier or fresh
    forces = tuple(dict.fromkeys([*earlier.forces, *fresh.forces]))
    return replace(earlier, forces=forces, place=fresh.place, within_km=fresh.within_km)


def acted(state: Handling, act: HitAct) -> Handling:
    """The state after an officer's act."""
    state = _answered(replace(state, acts=(act, *state.acts)[:ACTS_SHOWN_MAX]), act)
    waiting = state.status in (Status.OPEN, Status.EXPIRED)
    held_by_another = state.taken_by is not None and state.taken_by.by.key != act.by.key
    if act.kind is ActKind.ACKNOWLEDGE and waiting:
        return replace(state, status=Status.ACKNOWLEDGED, reason=None)
    if act.kind is ActKind.TAKE and (waiting or state.status is Status.ACKNOWLEDGED):
        return replace(state, status=Status.TAKEN, taken_by=Holder(act.by, act.at), reason=None)
    if act.kind is ActKind.GIVE_BACK and state.status is Status.TAKEN and not held_by_another:
        return _begun_anew(state, act.recorded_at)
    if act.kind is ActKind.NOT_IT and not held_by_another:
        return replace(state, status=Status.CLOSED, reason=None)
    # That one unit did not see it does not end the search of the one that has it.
    if act.kind is ActKind.OUTCOME and not (held_by_another and act.outcome is Outcome.NOT_SEEN):
        return replace(state, status=Status.CLOSED, reason=None)
    return state


def reaches(act: HitAct, *, same_entry: bool) -> bool:
    """Whether an act on one hit answers another of the same passing: that an entry is out of date says
    nothing of another force's entry for the same vehicle."""
    return same_entry or act.answer not in (Answer.OUT_OF_DATE, Answer.STALE_ENTRY)


def _begun_anew(state: Handling, at: datetime) -> Handling:
    """Open for those whom it was sent to already, with all the time of their level: whoever had it may have
    had it for long."""
    routing = replace(state.routing, since=at) if state.routing else None
    return replace(state, status=Status.OPEN, taken_by=None, announced_at=at, routing=routing, reason=None)


def _answered(state: Handling, act: HitAct) -> Handling:
    """With the answer and outcome of the act, unless it was done before the one that stands."""
    if act.answer is None and act.outcome is None:
        return state
    if state.answered_at is not None and act.at < state.answered_at:
        return state
    return replace(
        state,
        answer=act.answer or state.answer,
        outcome=act.outcome or state.outcome,
        answered_at=act.at,
    )


def next_step(state: Handling, plan: Plan) -> tuple[datetime, ActKind] | None:
    """When an open hit goes on by itself, and how; None for one that was answered or has ended. Each
    level is given its own time, also when the step to it was late."""
    if state.status is not Status.OPEN:
        return None
    waits = plan.waits_of(state.priority) if state.escalates else None
    if waits is None or state.routing is None:
        return state.announced_at + timedelta(seconds=plan.expire_s), ActKind.EXPIRE
    wait_s, kind = {
        Level.NEAR: (waits.wider_s, ActKind.WIDEN),
        Level.WIDE: (waits.control_room_s - waits.wider_s, ActKind.CALL_CONTROL_ROOM),
        Level.CONTROL_ROOM: (plan.expire_s - waits.control_room_s, ActKind.EXPIRE),
    }[state.routing.level]
    return state.routing.since + timedelta(seconds=max(0.0, wait_s)), kind


def stepped(state: Handling, kind: ActKind, hit_id: str, at: datetime, forces: tuple[str, ...]) -> Handling:
    """The state after a step of the service at `at`; `forces` are all that may see the hit."""
    named = f"{kind.value} {state.announced_at.isoformat()}"
    act = HitAct(act_id(OURSELVES, hit_id, named), hit_id, kind, OURSELVES, at, at)
    state = replace(state, acts=(act, *state.acts)[:ACTS_SHOWN_MAX])
    if kind is ActKind.EXPIRE:
        return replace(state, status=Status.EXPIRED, reason=_why_expired(state))
    level = Level.WIDE if kind is ActKind.WIDEN else Level.CONTROL_ROOM
    routing = state.routing or Routing(level, forces, at)
    return replace(state, routing=replace(routing, level=level, forces=forces, since=at))


def _why_expired(state: Handling) -> str:
    if not state.escalates:
        return "nobody answered, and it was not one to escalate: late, or of low priority"
    level = state.routing.level if state.routing else Level.NEAR
    told = {
        Level.NEAR: "the units near it",
        Level.WIDE: "every force that may see it",
        Level.CONTROL_ROOM: "every force that may see it and the control room",
    }
    return f"nobody answered: it was sent to {told[level]}"
