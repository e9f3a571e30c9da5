"""`POST /v1/reads`: the door for cameras."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.read import Read
from anpr_match.pipeline.ingest import Item
from anpr_match.web import auth, services
from anpr_match.web.services import Services
from anpr_match.wire import problem, reads_body

router = APIRouter(prefix="/v1", tags=["reads"])

_encode = msgspec.json.Encoder().encode


@router.post("/reads", status_code=202, summary="Send reads")
async def post_reads(
    request: Request,
    caller: auth.Camera,
    parts: Annotated[Services, Depends(services.of)],
    dry_run: Annotated[bool, Query(description="Answer how the reads are understood; keep nothing.")] = False,
) -> Response:
    """One read, an array of reads, or NDJSON; each item is answered for itself, and a bad one does
    not cost the good ones around it. 422 when none is good. When the answer is 202 the accepted reads
    are durable. Sending the same read twice does no harm."""
    items = reads_body.parse_body(await request.body(), request.headers.get("content-type", ""))
    if dry_run:
        understood = parts.ingest.understood(items, caller)
        return _json(
            {"reads": [item if isinstance(item, Read) else _refused(item) for item in understood]}, 200
        )
    done = await parts.ingest.accept(items, caller)
    accepted = sum(1 for item in done if isinstance(item, Read))
    if done and not accepted:
        raise Refused(_all_problems(done))
    return _json({"accepted": accepted, "results": [_result(item) for item in done]}, 202)


def _result(item: Item) -> dict[str, Any]:
    if isinstance(item, Read):
        return {"read_id": item.read_id, "status": "accepted"}
    return _refused(item)


def _refused(problems: list[Problem]) -> dict[str, Any]:
    return {"read_id": None, "status": "refused", "errors": problem.listed(problems)}


def _all_problems(items: list[Item]) -> list[Problem]:
    return [one for item in items if not isinstance(item, Read) for one in item]


def _json(body: Any, status: int) -> Response:
    return Response(_encode(body), status, media_type="application/json")
