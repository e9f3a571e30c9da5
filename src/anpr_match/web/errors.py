"""From error to answer: one table, and every answer `application/problem+json`."""

import secrets
import traceback
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from anpr_match.domain import errors
from anpr_match.wire import problem

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 1
FRAMES_LOGGED = 8


class Answer(NamedTuple):
    status: int
    code: str


TABLE: dict[type[errors.AnprMatchError], Answer] = {
    errors.Refused: Answer(422, "refused"),
    errors.NotFound: Answer(404, "not_found"),
    errors.Stale: Answer(412, "stale"),
    errors.AlreadyExists: Answer(409, "already_exists"),
    errors.Conflict: Answer(409, "conflict"),
    errors.Forbidden: Answer(403, "forbidden"),
    errors.Full: Answer(503, "full"),
    errors.Fenced: Answer(503, "unavailable"),
    errors.Unavailable: Answer(503, "unavailable"),
    errors.SetUp: Answer(500, "internal"),
    errors.AnprMatchError: Answer(500, "internal"),
}
"""An error is answered by the nearest of its classes that stands here."""

CODES = {
    400: "bad_request",
    401: "not_signed_in",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "media_type",
    428: "precondition_required",
}
"""Codes of the answers that the framework gives. Not taken from Python, whose names change."""


def install(app: FastAPI) -> None:
    """Give the application its error handlers."""
    app.add_exception_handler(errors.AnprMatchError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)


def response(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[errors.Problem] = (),
    headers: dict[str, str] | None = None,
    instance: str | None = None,
) -> Response:
    """A problem+json answer."""
    body = problem.render(status, code, HTTPStatus(status).phrase, detail, errors, instance)
    return Response(body, status, headers, media_type=problem.MEDIA_TYPE)


def of(error: errors.AnprMatchError) -> Response:
    """The answer to one of our errors."""
    answer = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    if isinstance(error, errors.Refused):
        return response(*answer, "what was sent breaks a rule", error.problems)
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return unexpected(error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if answer.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return response(*answer, error.detail, headers=headers)


def code_of(status: int) -> str:
    """The code of an answer that is no error of ours."""
    return CODES.get(status, f"http_{status}")


def unexpected(error: BaseException) -> Response:
    """500 with an id that finds the log line. The error's text is neither shown nor logged: it may
    quote what was sent, and so a plate."""
    error_id = secrets.token_hex(8)
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    log.error("request_failed", error_id=error_id, error=type(error).__name__, where=where)
    return response(
        500,
        "internal",
        "something went wrong here; the id finds it in the log",
        instance=f"urn:error:{error_id}",
    )


async def _of_ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, errors.AnprMatchError):
        raise error
    return of(error)


async def _of_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = problem.of_validation(error.errors())
    if any(one.code == "json_invalid" for one in found):
        return response(400, code_of(400), "the body is not JSON", found)
    body_unread = any(one.pointer == "" for one in found)
    if body_unread and "json" not in request.headers.get("content-type", "json"):
        return response(415, code_of(415), "the body is to be JSON: send Content-Type: application/json")
    return response(422, "refused", "what was sent breaks a rule", found)


async def _of_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return Response(None, error.status_code, error.headers)
    code = code_of(error.status_code)
    return response(error.status_code, code, str(error.detail), headers=dict(error.headers or {}))
