"""What OpenAPI says of errors and of bodies that FastAPI cannot see."""

from typing import Any

from pydantic import BaseModel

from anpr_match.wire.problem import MEDIA_TYPE, ProblemOut

Responses = dict[int | str, dict[str, Any]]


def _answers(**sentences: str) -> Responses:
    content = {
        MEDIA_TYPE: {"schema": ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")}
    }
    return {int(status[1:]): {"description": text, "content": content} for status, text in sentences.items()}


SIGNED_IN = _answers(_401="No good token.", _403="The token's role or force does not allow this.")
REFUSED = _answers(_400="Not JSON.", _422="A rule is broken; `errors` says which and where.")
READ = _answers(_404="There is no such thing, or it is not shared with the caller's force.")
CREATE: Responses = {**REFUSED, **_answers(_409="There is one already.")}
CHANGE: Responses = {
    **READ,
    **REFUSED,
    **_answers(
        _409="The entry is no longer active.",
        _412="It was changed since you read it.",
        _428="If-Match is missing.",
    ),
}
INGEST: Responses = {
    **SIGNED_IN,
    **REFUSED,
    **_answers(_413="The body is too large.", _503="The read log is away or full; send it again later."),
}


def merge_patch(model: type[BaseModel]) -> dict[str, Any]:
    """The request body of a PATCH."""
    return body("application/merge-patch+json", model.model_json_schema())


def body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
