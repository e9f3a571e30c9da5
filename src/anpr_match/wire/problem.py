"""What an error looks like outside: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from anpr_match.domain.errors import Problem

MEDIA_TYPE = "application/problem+json"
PROBLEMS_MAX = 100
"""How many single problems one answer names; the rest is only counted in the detail."""


class ProblemItem(BaseModel):
    """One thing wrong: a JSON pointer into the body sent (`?limit` names a parameter), a stable code,
    and a sentence that quotes nothing of what was sent."""

    pointer: str
    code: str
    detail: str


class ProblemOut(BaseModel):
    """The shape of an error, for the API's description."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[ProblemItem] = []


_PARAMETER_PLACES = ("query", "path", "header", "cookie")


def render(
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: Sequence[Problem] = (),
    instance: str | None = None,
) -> bytes:
    """The JSON text. `code` is stable and ends the type URI; `errors` point into the body sent."""
    body: dict[str, Any] = {
        "type": f"urn:anpr-match:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if instance:
        body["instance"] = instance
    if len(errors) > PROBLEMS_MAX:
        body["detail"] = f"{detail} ({len(errors)} problems, the first {PROBLEMS_MAX} are named)"
    if errors:
        body["errors"] = _listed(errors)
    return msgspec.json.encode(body)


def _listed(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [
        {"pointer": problem.pointer, "code": problem.code, "detail": problem.detail}
        for problem in problems[:PROBLEMS_MAX]
    ]


def of_validation(errors: Sequence[ErrorDetails] | Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Pydantic's findings as problems. Messages only: the input itself may be a plate."""
    return [
        Problem(pointer(error["loc"]), str(error["type"]), _sentence(str(error["msg"]))) for error in errors
    ]


def pointer(place: Sequence[int | str]) -> str:
    """A JSON pointer (RFC 6901) into the body; a parameter is named `?limit`, a header `limit:`."""
    if place and place[0] in _PARAMETER_PLACES:
        name = str(place[-1])
        return f"{name}:" if place[0] == "header" else f"?{name}"
    inside = place[1:] if place and place[0] == "body" else place
    return "".join(f"/{_escaped(str(step))}" for step in inside)


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")
