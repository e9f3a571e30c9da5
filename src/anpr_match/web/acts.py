"""Officers' acts on hits."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from anpr_match.domain.act import HitAct
from anpr_match.domain.caller import Caller
from anpr_match.pipeline.acts import actor
from anpr_match.web import auth, documented
from anpr_match.web.services import Parts, Services
from anpr_match.wire import act as wire

router = APIRouter(prefix="/v1/hits", tags=["hits"], responses=documented.SIGNED_IN)

OnceKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="As `act_id`, for a body that has none."),
]


@router.post(
    "/{hit_id}/acknowledgements",
    status_code=201,
    summary="Acknowledge, take, give back, not it",
    responses=documented.ACT,
)
async def acknowledge(
    hit_id: documented.Id,
    caller: auth.Informed,
    parts: Parts,
    once_key: OnceKey = None,
    sent: wire.AcknowledgementIn | None = None,
) -> Response:
    """Tell everybody that this unit has seen the hit (`{}` says that), takes it, or found that it is not
    the one listed. It answers the other hits of the same passing too. Who has taken it and cannot go gives it
    back: others are asked again. The first who takes a hit has it:
    a second one's act is recorded, and the answer's `taken_by` says who has it."""
    act = (sent or wire.AcknowledgementIn()).act(hit_id, actor(caller), parts.clock.now(), once_key)
    return await _recorded(act, caller, parts)


@router.post("/{hit_id}/outcomes", status_code=201, summary="What came of a hit", responses=documented.ACT)
async def add_outcome(
    hit_id: documented.Id, sent: wire.OutcomeIn, caller: auth.Informed, parts: Parts, once_key: OnceKey = None
) -> Response:
    """A hit may have several outcomes, one after the other. Each closes it, but for `not_seen` by a unit
    while another has it."""
    return await _recorded(sent.act(hit_id, actor(caller), parts.clock.now(), once_key), caller, parts)


async def _recorded(act: HitAct, caller: Caller, parts: Services) -> Response:
    acted = await parts.acts.record(act, caller)
    return Response(acted.event.body, 201 if acted.new else 200, media_type="application/json")
