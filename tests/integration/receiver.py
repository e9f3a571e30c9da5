"""A receiver of webhooks on this machine, which checks signatures as the specification says."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four byte").decode()


@dataclass
class Receiver:
    """Answers with the statuses of `answers`, one a request, then with 204. 0 stands for no answer at all,
    1 for closing the line in the middle of the answer."""

    answers: list[int] = field(default_factory=list)
    had: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    bad_signatures: int = 0
    redirected: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?to=us"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line, headers, body = await _request(reader)
            self.redirected += "/elsewhere" in line
            self.bad_signatures += not _is_signed(headers, body)
            status = self.answers.pop(0) if self.answers else 204
            if status == 0:
                await reader.read()  # until the other side gives up
                return
            self.ids.append(headers["webhook-id"])
            if 200 <= status < 300:
                self.had.append(json.loads(body))
            writer.write(b"HTTP/1" if status == 1 else _answer(status, self.port))
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(
        line.lower().split(": ", 1) if "webhook" not in line else line.split(": ", 1) for line in head[1:-2]
    )
    return head[0], headers, await reader.readexactly(int(headers["content-length"]))


def _is_signed(headers: dict[str, str], body: bytes) -> bool:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}"
    wanted = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


def _answer(status: int, port: int) -> bytes:
    location = f"Location: http://127.0.0.1:{port}/elsewhere\r\n" if 300 <= status < 400 else ""
    return f"HTTP/1.1 {status} Word\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


@contextlib.asynccontextmanager
async def receiver(*answers: int) -> AsyncIterator[Receiver]:
    """A receiver that listens while this lasts."""
    made = Receiver(list(answers))
    async with await asyncio.start_server(made.take, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made
