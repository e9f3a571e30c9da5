"""The bound on bodies and the boundary around every request."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from anpr_match.web.bodies import HEADERS, BodyCap, Guard
from anpr_match.web.limits import Limits

LIMITS = Limits(body_bytes_max=100, discard_bytes_max=1_000)


async def echo_size(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the size of the body."""
    body = await Request(scope, receive).body()
    await Response(str(len(body)))(scope, receive, send)


def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Guard(BodyCap(echo_size, LIMITS)))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def chunks(count: int) -> AsyncIterator[bytes]:
    """A body whose length is not declared."""
    for _ in range(count):
        yield b"x" * 10


async def test_a_body_at_the_bound_passes() -> None:
    """The bound itself is allowed."""
    async with client() as http:
        assert (await http.post("/", content=b"x" * 100)).text == "100"
        assert (await http.post("/", content=chunks(10))).text == "100"


async def test_a_larger_body_is_answered_413() -> None:
    """One byte more is refused as problem+json."""
    async with client() as http:
        answer = await http.post("/", content=b"x" * 101)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.text)["status"] == 413


async def test_security_headers_are_on_every_answer() -> None:
    """Good answers and refusals carry them alike."""
    async with client() as http:
        for size in (1, 101):
            answer = await http.post("/", content=b"x" * size)
            for name, value in HEADERS.items():
                assert answer.headers[name.decode()] == value.decode()


async def test_the_rest_of_a_large_body_is_taken_in_within_bounds() -> None:
    """What is too large is read to its end, so that the client listens, but never without end."""
    taken = 0

    async def endless() -> Message:
        nonlocal taken
        taken += 100
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"content-length", b"5000000")]}
    await BodyCap(echo_size, LIMITS)(scope, endless, send)
    assert sent[0]["status"] == 413
    assert taken == LIMITS.discard_bytes_max


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """A client that stops in the middle of its body is answered 408 when its time is up."""

    async def stuck() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("the wait has no end")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await receive()
        except HTTPException as error:
            await Response(status_code=error.status_code)(scope, receive, send)

    scope = {"type": "http", "headers": [(b"content-length", b"5")]}
    await BodyCap(app, Limits(body_s=0.01))(scope, stuck, send)
    assert sent[0]["status"] == 408


async def test_a_client_that_asks_first_is_answered_before_it_sends() -> None:
    """With `Expect: 100-continue` nothing of the body is taken in."""

    async def unasked() -> Message:
        raise AssertionError("the body was asked for")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "headers": [(b"content-length", b"5000000"), (b"expect", b"100-continue")],
    }
    await BodyCap(echo_size, LIMITS)(scope, unasked, send)
    assert sent[0]["status"] == 413


async def test_what_nobody_caught_tells_the_client_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """An unforeseen error is a 500 with an id; its text goes neither out nor into the log."""

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("AB01CDE is in this text")

    transport = httpx.ASGITransport(app=Guard(broken))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/")
    assert answer.status_code == 500
    error_id = answer.json()["instance"].removeprefix("urn:error:")
    logged = "".join(capsys.readouterr())
    assert error_id in logged
    assert "ValueError" in logged
    assert "AB01CDE" not in answer.text + logged


async def test_a_client_that_goes_away_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A disconnect in the middle of a body is neither answered nor logged."""

    async def gone(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await Guard(gone)({"type": "http", "headers": []}, receive, send)
    assert sent == []
    assert "request_failed" not in "".join(capsys.readouterr())


async def test_websockets_pass_through() -> None:
    """Both layers leave what is not HTTP alone."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        return None

    await Guard(BodyCap(app, LIMITS))({"type": "websocket"}, receive, send)
    assert seen == ["websocket"]
