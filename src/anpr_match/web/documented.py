"""What OpenAPI says of ids in paths, of errors, and of bodies that FastAPI cannot see."""

from typing import Annotated, Any

import msgspec
from fastapi import Path
from pydantic import BaseModel

from anpr_match.domain.read import Read
from anpr_match.wire.accepted import Accepted, Understood
from anpr_match.wire.problem import MEDIA_TYPE, ProblemOut

Id = Annotated[str, Path(max_length=80, pattern="^[A-Za-z0-9._-]+$")]
"""An id of ours in a path."""
Responses = dict[int | str, dict[str, Any]]
MERGE_PATCH = "application/merge-patch+json"
_REF = "#/components/schemas/{name}"


def _answers(sentences: dict[int, str]) -> Responses:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in sentences.items()}


SIGNED_IN = _answers({401: "No good token.", 403: "The token's role or force does not allow this."})
REFUSED = _answers({400: "Not JSON.", 422: "A rule is broken; `errors` says which and where."})
READ = _answers({404: "There is no such thing, or it is not shared with the caller's force."})
CREATE = REFUSED | _answers({409: "There is one already."})
_HIT_BODY = {"application/json": {"schema": {"type": "object"}}}
ACT = (
    READ
    | REFUSED
    | {
        200: {"description": "The act had been recorded before; the hit as it stands.", "content": _HIT_BODY},
        201: {"description": "The hit as it stands after the act.", "content": _HIT_BODY},
    }
)
CHANGE = (
    READ
    | REFUSED
    | _answers(
        {
            409: "The entry is no longer active.",
            412: "It was changed since you read it.",
            428: "If-Match is missing.",
        }
    )
)

(_ACCEPTED, _UNDERSTOOD, _READ), _STRUCTS = msgspec.json.schema_components(
    [Accepted, Understood, Read], ref_template=_REF
)
_READ_EXAMPLE = {
    "camera_id": "CAM001",
    "captured_at": "2026-11-22T18:30:00.120Z",
    "plate": "AB01 CDE",
    "confidence": 0.93,
    "candidates": [{"plate": "A801CDE", "confidence": 0.05}],
}

INGEST: Responses = (
    SIGNED_IN
    | REFUSED
    | _answers({413: "The body is too large.", 503: "The read log is away or full; send it again later."})
    | {
        200: {
            "description": "The answer to a dry run.",
            "content": {"application/json": {"schema": _UNDERSTOOD}},
        },
        202: {
            "description": "The accepted reads are durable.",
            "content": {"application/json": {"schema": _ACCEPTED}},
        },
    }
)
READS = {
    "security": [{"token": []}],
    "parameters": [
        {
            "name": "dry_run",
            "in": "query",
            "description": "Answer how the reads are understood; keep nothing.",
            "schema": {"type": "boolean", "default": False},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [_READ, {"type": "array", "items": _READ}]},
                "examples": {"least": {"value": {k: _READ_EXAMPLE[k] for k in list(_READ_EXAMPLE)[:3]}}},
            },
            "application/x-ndjson": {"schema": _READ, "example": _READ_EXAMPLE},
        },
    },
}
HIT_PAGE: Responses = {
    200: {
        "description": "Events in the order of the log; `hit` is the same body as in the feed.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["epoch", "items", "next", "head_seq", "floor_seq"],
                    "properties": {
                        "epoch": {"type": "string"},
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/EventFrame"}},
                        "next": {
                            "type": "integer",
                            "description": "Where to go on: `after` of the next call.",
                        },
                        "head_seq": {"type": "integer"},
                        "floor_seq": {"type": "integer", "description": "The last seq no longer held."},
                    },
                }
            }
        },
    }
}
HIT: Responses = {
    200: {
        "description": "The hit, as in the frame of the feed.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
_STREAM: Responses = {
    200: {
        "description": "Server-sent events; the data of each is one frame of the feed as JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
}
STREAM = _STREAM | REFUSED | _answers({503: "There are too many feeds; come back later."})
_EVENT_FRAME = {
    "type": "object",
    "required": ["type", "seq", "prev", "hit"],
    "properties": {
        "type": {"enum": ["hit", "hit.updated", "hit.withdrawn"]},
        "seq": {"type": "integer", "description": "The event's place in the log."},
        "prev": {"type": "integer", "description": "The seq before it in what the caller may see."},
        "hit": {"type": "object"},
    },
}


def merge_patch(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """The request body of a PATCH: the fields of `model`, of which any may be absent or null."""
    fields = model.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
    schema = {
        "type": "object",
        "description": "A merge patch (RFC 7396): what is absent stays, null clears.",
        "properties": {name: _nullable(field) for name, field in fields.items()},
        "additionalProperties": False,
        "examples": [example],
    }
    return {"requestBody": {"content": {MERGE_PATCH: {"schema": schema}}}}


def _nullable(field: dict[str, Any]) -> dict[str, Any]:
    if {"type": "null"} in field.get("anyOf", []):
        return {name: value for name, value in field.items() if name != "default"}
    return {"anyOf": [{name: value for name, value in field.items() if name != "default"}, {"type": "null"}]}


def completed(described: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's description with our own schemas, and with every 422 as the problem that it is."""
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas.update(_STRUCTS, Problem=problem, EventFrame=_EVENT_FRAME)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for operations in described["paths"].values():
        for operation in operations.values():
            if "422" in operation["responses"]:
                operation["responses"]["422"] = REFUSED[422]
    return described
