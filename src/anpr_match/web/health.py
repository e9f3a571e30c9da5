"""Whether the process lives, whether it is ready and what it lacks, and its numbers."""

import msgspec
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from anpr_match.web.services import Parts

router = APIRouter(tags=["health"])


@router.get("/livez", summary="The process runs")
async def livez() -> dict[str, bool]:
    """200 as long as the process answers at all; asks nothing of the stores."""
    return {"alive": True}


@router.get("/readyz", summary="The process can do its work", responses={503: {"description": "Not ready."}})
async def readyz(parts: Parts) -> Response:
    """200 when every check holds that hinders, else 503; either way what each check found, in words."""
    findings = await parts.health.findings()
    ready = all(finding.ok or not finding.hinders for finding in findings.values())
    body = {
        "ready": ready,
        "checks": {name: {"ok": found.ok, "detail": found.detail} for name, found in findings.items()},
    }
    return Response(msgspec.json.encode(body), 200 if ready else 503, media_type="application/json")


@router.get("/metrics", summary="Numbers for Prometheus")
async def metrics(parts: Parts) -> Response:
    """Prometheus' text format; the catalogue is telemetry/metrics.py."""
    return Response(parts.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
