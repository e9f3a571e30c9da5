"""Reports over REST: what nobody answered, how right hits were, how many each unit gets."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from anpr_match.domain.act import HitAct, Verdict
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.errors import NotFound
from anpr_match.domain.handling import Status
from anpr_match.domain.hit import passing_id
from anpr_match.pipeline.answers import EntryAnswers, Precision
from anpr_match.pipeline.unanswered import BUDGET_10_MIN, Load, Unanswered
from anpr_match.ports.act_store import Standing
from anpr_match.web import auth, documented
from anpr_match.web.services import Parts
from anpr_match.wire import report as wire

router = APIRouter(prefix="/v1", tags=["reports"], responses=documented.SIGNED_IN)

Days = Annotated[float, Query(gt=0, le=3_660, description="How far back to count.")]
Anyone = Annotated[Caller, Depends(auth.require(Role.PATROL, Role.ANALYST, Role.OPERATOR))]


@router.get("/hits/unanswered", response_model=wire.UnansweredOut)
async def list_unanswered(
    caller: auth.Overseer,
    parts: Parts,
    status: Literal["open", "expired"] = "open",
    days: Days = 1.0,
    limit: Annotated[int, Query(ge=1)] = 100,
) -> wire.UnansweredOut:
    """Hits that wait for an answer (`open`), or that got none in time (`expired`, with the reason), of
    entries shared with the caller's force, the oldest first; and what became of all others."""
    limit = min(limit, parts.limits.page_max)
    return unanswered_out(await parts.reports.unanswered(Status(status), days, limit, caller.force))


@router.get("/hits/precision", response_model=wire.PrecisionPage)
async def list_precision(caller: auth.Analyst, parts: Parts, days: Days = 30.0) -> wire.PrecisionPage:
    """How often the plate was read right, by list, camera, rule and model, from officers' answers on hits
    that the caller's force may see."""
    found = await parts.answers.precision(days, caller.force)
    return wire.PrecisionPage(items=[precision_out(one) for one in found], days=days)


@router.get("/units/{unit_id}/load", response_model=wire.LoadOut, responses=documented.READ)
async def unit_load(unit_id: documented.Id, caller: Anyone, parts: Parts) -> wire.LoadOut:
    """How many cards the unit got in the last hour, beside what a crew can deal with. A unit may look at
    its own."""
    units = {unit.unit_id: unit for unit in await parts.registers.units()}
    if unit_id not in units or (caller.role is Role.PATROL and caller.unit_id != unit_id):
        raise NotFound("there is no such unit")
    shifts = await parts.patrols.on_shift()
    return load_out(await parts.reports.load(units[unit_id], shifts.get(unit_id)))


def unanswered_out(found: Unanswered) -> wire.UnansweredOut:
    return wire.UnansweredOut(
        items=[_standing_out(one) for one in found.items],
        tally={status.value: found.tally.get(status, 0) for status in Status},
        overdue=found.overdue,
        days=found.days,
    )


def _standing_out(one: Standing) -> wire.StandingOut:
    routing = one.state.routing
    return wire.StandingOut(
        hit_id=one.hit_id,
        entry_id=one.entry_id,
        sighting_id=passing_id(one.sighting_id),
        owner_force=one.owner_force,
        priority=one.state.priority,
        status=one.state.status.value,
        level=routing.level.value if routing else None,
        captured_at=one.captured_at,
        recorded_at=one.recorded_at,
        next_step_at=one.next_step_at,
        reason=one.state.reason,
    )


def precision_out(one: Precision) -> wire.PrecisionOut:
    counts = {verdict.value: one.verdicts.get(verdict, 0) for verdict in Verdict}
    return wire.PrecisionOut.model_validate(
        {"by": one.by, "name": one.name, "precision": one.precision, **counts}
    )


def load_out(load: Load) -> wire.LoadOut:
    return wire.LoadOut.model_validate(
        {
            "unit_id": load.unit.unit_id,
            "callsign": load.unit.callsign,
            "force": load.unit.force,
            "last_10_min": load.last_10_min,
            "last_hour": load.last_hour,
            "budget_10_min": BUDGET_10_MIN,
            "state": load.state,
            "noisiest": [{"entry_id": entry_id, "cards": cards} for entry_id, cards in load.noisiest],
        }
    )


def answers_out(found: EntryAnswers) -> wire.AnswersOut:
    """The answers on an entry, as its history shows them."""
    return wire.AnswersOut(
        answers=dict(found.answers),
        outcomes=dict(found.outcomes),
        needs_review=found.needs_review,
        recent=[_answer_out(act) for act in found.recent],
    )


def _answer_out(act: HitAct) -> wire.AnswerOut:
    return wire.AnswerOut(
        hit_id=act.hit_id,
        callsign=act.by.name,
        force=act.by.force,
        kind=act.kind.value,
        answer=act.answer and act.answer.value,
        outcome=act.outcome and act.outcome.value,
        plate_true=act.plate_true,
        note=act.note,
        at=act.at,
    )
