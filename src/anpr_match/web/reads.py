"""`POST /v1/reads`: the door for cameras."""

from fastapi import APIRouter, HTTPException, Request, Response

from anpr_match.domain.caller import Role
from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.read import Read
from anpr_match.web import auth, documented, services
from anpr_match.wire import accepted, reads_body

router = APIRouter(prefix="/v1", tags=["reads"])

DRY_RUN = {"true": True, "1": True, "false": False, "0": False, "": False}


# The busiest route by far, so it takes the bare request: FastAPI's dependencies, here a token and a
# flag, would cost more than all the rest of a small post.
@router.post(
    "/reads",
    status_code=202,
    summary="Send reads",
    response_class=Response,
    responses=documented.INGEST,
    openapi_extra=documented.READS,
)
async def post_reads(request: Request) -> Response:
    """One read, an array of reads, or NDJSON; each item is answered for itself, and a bad one does
    not cost the good ones around it. 422 when none is good. When the answer is 202 the accepted reads
    are durable. Sending the same read twice does no harm."""
    caller = await auth.with_role(request, Role.CAMERA)
    parts = services.of(request)
    dry_run = _dry_run(request)
    items = reads_body.parse_body(await request.body(), request.headers.get("content-type", ""))
    if len(items) > parts.limits.reads_per_post_max:
        raise HTTPException(413, f"a post may hold at most {parts.limits.reads_per_post_max} reads")
    if dry_run:
        return _json(accepted.understood(parts.ingest.understood(items, caller)), 200)
    done = await parts.ingest.accept(items, caller)
    if done and not any(isinstance(item, Read) for item in done):
        raise Refused([problem for item in done if not isinstance(item, Read) for problem in item])
    return _json(accepted.accepted(done), 202)


def _dry_run(request: Request) -> bool:
    said = request.query_params.get("dry_run", "")
    if said.lower() not in DRY_RUN:
        raise Refused([Problem("?dry_run", "bool_parsing", "this is true or false")])
    return DRY_RUN[said.lower()]


def _json(body: bytes, status: int) -> Response:
    return Response(body, status, media_type="application/json")
