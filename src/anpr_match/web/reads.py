"""`POST /v1/reads`: the door for cameras."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from anpr_match.domain.errors import Refused
from anpr_match.domain.read import Read
from anpr_match.web import auth, documented, services
from anpr_match.web.services import Services
from anpr_match.wire import accepted, reads_body

router = APIRouter(prefix="/v1", tags=["reads"], responses=documented.SIGNED_IN)


@router.post(
    "/reads",
    status_code=202,
    summary="Send reads",
    response_class=Response,
    responses=documented.INGEST,
    openapi_extra=documented.READS_BODY,
)
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
        return _json(accepted.understood(parts.ingest.understood(items, caller)), 200)
    done = await parts.ingest.accept(items, caller)
    if done and not any(isinstance(item, Read) for item in done):
        raise Refused([problem for item in done if not isinstance(item, Read) for problem in item])
    return _json(accepted.accepted(done), 202)


def _json(body: bytes, status: int) -> Response:
    return Response(body, status, media_type="application/json")
