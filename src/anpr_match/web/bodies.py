"""Bounds and headers around every request, as plain ASGI: Starlette's own HTTP middlewares cost more
and pass websockets by unseen."""

import asyncio
import contextlib

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpr_match.web import errors
from anpr_match.web.limits import Limits

CLOSE = {"Connection": "close"}
HEADERS = {
    b"content-security-policy": (
        b"default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}
"""Set on every answer that does not set them itself."""


class BodyCap:
    """Answers 413 to a body above the bound, whether its length was declared or not.

    Whatever the answer, what the client still has to send is taken in first, within bounds: one that is
    answered while it sends would see a reset and not the answer.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(dict(scope["headers"]), receive, self._limits)

        async def after_the_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.discard_rest()
            await send(message)

        if body.declared_bytes > self._limits.body_bytes_max:
            await _too_large(self._limits)(scope, body.receive, after_the_body)
        else:
            await self._app(scope, body.receive, after_the_body)


class _Body:
    """The body of one request, counted as it is taken in."""

    def __init__(self, headers: dict[bytes, bytes], receive: Receive, limits: Limits) -> None:
        declared = headers.get(b"content-length", b"0")
        self.declared_bytes = int(declared) if declared.isdigit() else 0
        # A client that asks first sends nothing until the body is asked for.
        self._comes = b"expect" not in headers and (
            self.declared_bytes > 0 or b"transfer-encoding" in headers
        )
        self._receive = receive
        self._limits = limits
        self._taken_bytes = 0
        self._until_s = asyncio.get_running_loop().time() + limits.body_s

    async def receive(self) -> Message:
        """The next part. Raises a 413 above the bound, a 408 when it does not come in time."""
        if not self._comes:
            # Nothing more of the body: who asks now waits for the client to go away.
            return await self._take()
        try:
            async with asyncio.timeout_at(self._until_s):
                message = await self._take()
        except TimeoutError:
            self._comes = False
            detail = f"the body did not come within {self._limits.body_s:g} s"
            raise HTTPException(408, detail, headers=CLOSE) from None
        if self._taken_bytes > self._limits.body_bytes_max:
            raise HTTPException(413, _sentence(self._limits), headers=CLOSE)
        return message

    async def discard_rest(self) -> None:
        """Take in what still comes, unseen and within bounds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._until_s):
                while self._comes and self._taken_bytes < self._limits.discard_bytes_max:
                    await self._take()

    async def _take(self) -> Message:
        message = await self._receive()
        self._taken_bytes += len(message.get("body", b""))
        self._comes = message.get("more_body", False)
        return message


def _too_large(limits: Limits) -> Response:
    return errors.response(413, errors.code_of(413), _sentence(limits), headers=CLOSE)


def _sentence(limits: Limits) -> str:
    return f"a body may have at most {limits.body_bytes_max} bytes"


class Guard:
    """Sets the security headers, and turns what nobody caught into a 500 that tells nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _with_security(message.get("headers", []))
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  the last boundary: an answer, and a line in the log
            answer = errors.unexpected(error)
            if not started:
                await answer(scope, receive, guarded)


def _with_security(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    have = {name.lower() for name, _ in headers}
    return [*headers, *((name, value) for name, value in HEADERS.items() if name not in have)]
