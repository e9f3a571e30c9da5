"""The event log over REST: the same events, in the same order, as the feed."""

from dataclasses import dataclass, replace
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import Forbidden, NotFound
from anpr_match.domain.event import Bounds, Event
from anpr_match.ports.audit import Act, Kind
from anpr_match.ports.hit_store import HitStore
from anpr_match.web import auth, documented
from anpr_match.web.limits import Limits
from anpr_match.web.services import Parts, Services
from anpr_match.wire import feed

router = APIRouter(prefix="/v1/hits", tags=["hits"], responses=documented.SIGNED_IN)

PAGE_DEFAULT = 100
SCAN_LEAST = 100
SEQ_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """Events that the caller may see, and how far the log was looked through to find them."""

    bounds: Bounds
    events: list[Event]
    looked_to: int


@router.get("", summary="The event log after a place", responses=documented.HIT_PAGE)
async def list_events(
    caller: auth.Informed,
    parts: Parts,
    after: Annotated[int, Query(ge=0, le=SEQ_MAX, description="The last seq you hold; 0 for all.")] = 0,
    limit: Annotated[int, Query(ge=1)] = PAGE_DEFAULT,
) -> Response:
    """`{"epoch", "items": [{"type","seq","prev","hit"}…], "next", "head_seq", "floor_seq"}`.

    Go on with `after=next` until `next` is `head_seq`. Each `prev` is the seq before it in what the
    caller may see, for the first one `after`; when events after that place are no longer held it is
    `floor_seq` instead, which tells that some are missing.
    """
    if caller.off_shift:
        raise Forbidden("the unit is not on shift")
    page = await _page(parts.hits, after, min(limit, parts.limits.page_max), caller.force, parts.limits)
    if page.events:
        subject = f"events {page.events[0].seq} to {page.events[-1].seq}"
        await _disclosed(parts, caller, "hits.list", subject)
    return Response(_rendered(page, after), media_type="application/json")


@router.get("/{hit_id}", summary="One hit as it stands", responses=documented.HIT | documented.READ)
async def read_hit(hit_id: documented.Id, caller: auth.Informed, parts: Parts) -> Response:
    """The same body as in the frame of the feed."""
    event = await parts.hits.hit_body(hit_id)
    if event is None or not event.visible_to(caller.force):
        raise NotFound("there is no such hit")
    await _disclosed(parts, caller, "hits.read", hit_id)
    return Response(event.body, media_type="application/json")


async def _page(hits: HitStore, after: int, limit: int, force: str, limits: Limits) -> Page:
    """Look through the log from `after` until `limit` events are found, the log ends, or the bound on
    looking is reached."""
    bounds = await hits.bounds()
    found: list[Event] = []
    looked_to = start = max(after, bounds.floor_seq)
    while len(found) < limit and looked_to < start + limits.scan_events_max:
        events = await hits.events(looked_to, max(limit - len(found), SCAN_LEAST))
        if not events:
            break
        seen = [event for event in events if event.visible_to(force)][: limit - len(found)]
        found += seen
        looked_to = seen[-1].seq if len(found) == limit else events[-1].seq
    # The log may have grown since its bounds were asked for.
    head_seq = max(bounds.head_seq, looked_to) if looked_to > start else bounds.head_seq
    return Page(replace(bounds, head_seq=head_seq), found, looked_to)


def _rendered(page: Page, after: int) -> bytes:
    """The answer; bodies are spliced in as they were rendered when recorded."""
    prevs = [max(after, page.bounds.floor_seq), *(event.seq for event in page.events)]
    items = ",".join(feed.frame(event, prev) for event, prev in zip(page.events, prevs, strict=False))
    epoch = msgspec.json.encode(page.bounds.epoch).decode()
    return (
        f'{{"epoch":{epoch},"items":[{items}],"next":{page.looked_to},'
        f'"head_seq":{page.bounds.head_seq},"floor_seq":{page.bounds.floor_seq}}}'
    ).encode()


async def _disclosed(parts: Services, caller: Caller, action: str, subject: str) -> None:
    act = Act(parts.clock.now(), Kind.DISCLOSURE, caller.token_id, caller.force, action, subject, None)
    await parts.audit.note(act)
