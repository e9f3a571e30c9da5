"""Bounds and headers around every request, as plain ASGI: Starlette's own HTTP middlewares cost more
and pass websockets by unseen."""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpr_match.web import errors
from anpr_match.web.limits import Limits

HEADERS = {
    b"content-security-policy": b"default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}
"""Set on every answer that does not set them itself."""


class BodyCap:
    """Answers 413 to a body above the bound, whether its length was declared or not."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limits.body_bytes_max:
            if b"expect" not in headers:
                await self._discard(receive, 0)
            await self._refusal(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limits.body_bytes_max:
                if message.get("more_body", False):
                    await self._discard(receive, taken)
                raise HTTPException(413, self._detail(), headers={"Connection": "close"})
            return message

        return counted

    async def _discard(self, receive: Receive, taken: int) -> None:
        """Take in the rest unseen, so that the client has sent all and listens; but not without end."""
        more = True
        while more and taken < self._limits.discard_bytes_max:
            message = await receive()
            taken += len(message.get("body", b""))
            more = message.get("more_body", False)

    async def _refusal(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = errors.response(413, "content_too_large", self._detail(), headers={"Connection": "close"})
        await answer(scope, receive, send)

    def _detail(self) -> str:
        return f"a body may have at most {self._limits.body_bytes_max} bytes"


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
