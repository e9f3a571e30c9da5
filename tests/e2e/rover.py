"""A patrol car that stays on the road: whatever happens to its line, it goes on where it was."""

import asyncio
import contextlib
import json
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

WAIT_S = 90.0
SILENT_S = 8.0
PAGE = 1_000

Dial = Callable[[], Awaitable[socket.socket]]


class Rover:
    """Holds the log as it came over all its connections. Asserts of each event that it follows on the one
    before, whatever lay between; after a `reset` it fetches what is missing over REST, as it is told to.

    `dial` opens the line, if it is to be another than one to `url`.
    """

    def __init__(self, url: str, token: str, *, device: str | None = None, dial: Dial | None = None) -> None:
        self._url = url
        self._token = token
        self._device = device
        self._dial = dial
        self.url_of_rest = url
        self.pause_s = 0.5
        self.silent_s = SILENT_S
        self.seqs: list[int] = []
        self.read_ids: list[str] = []
        self.epoch = ""
        self.last_seq = 0
        self.resets: list[str] = []
        self.connections = 0
        self.closes: Counter[int] = Counter()
        self.wrong: list[str] = []
        self._changed = asyncio.Event()
        self._riding: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        before = self.connections
        self._riding = asyncio.create_task(self._stay())
        await self.until(lambda: self.connections > before)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Go away without a word; what it holds it keeps, and it may come again."""
        if self._riding is not None:
            self._riding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._riding

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds, looking after each frame; fails after a time, or when the log is wrong."""
        async with asyncio.timeout(WAIT_S):
            while not holds():
                assert self.wrong == []
                self._changed.clear()
                await self._changed.wait()

    async def _stay(self) -> None:
        while True:
            try:
                await self._ride()
            except ConnectionClosed as closed:
                self.closes[closed.rcvd.code if closed.rcvd else 1006] += 1
            except (OSError, EOFError, TimeoutError, WebSocketException, httpx.TransportError):
                self.closes[0] += 1
            self._changed.set()
            await asyncio.sleep(random.uniform(0, self.pause_s))

    async def _ride(self) -> None:
        """One connection, to its end."""
        line = await self._dial() if self._dial else None
        async with connect(
            self._url.replace("http", "ws", 1) + "/v1/hits/ws",
            sock=line,
            subprotocols=[Subprotocol("anpr.hits.v1")],
            additional_headers={"Authorization": f"Bearer {self._token}"},
            compression=None,
            open_timeout=WAIT_S,
            ping_interval=None,
            close_timeout=0.2,
            max_size=None,
        ) as ws:
            resume = {"epoch": self.epoch, "seq": self.last_seq} if self.epoch else None
            await ws.send(json.dumps({"type": "hello", "resume": resume, "device": self._device}))
            while True:
                # Heartbeats come every other second: a line that is silent for long is no line.
                async with asyncio.timeout(self.silent_s):
                    text = await ws.recv()
                frame = json.loads(text)
                await self._take(frame)
                if "prev" in frame:
                    await ws.send(json.dumps({"type": "ack", "seq": frame["seq"]}))

    async def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            self.connections += 1
            if not self.epoch:
                self.last_seq = frame["after_seq"]
                self.epoch = frame["epoch"]
        elif frame["type"] == "reset":
            self.resets.append(frame["reason"])
            await self._catch_up(frame)
        elif "prev" in frame:
            self._hold(frame)
        self._changed.set()

    def _hold(self, frame: dict[str, Any]) -> None:
        if frame["prev"] != self.last_seq:
            self.wrong.append(f"{frame['seq']} follows on {frame['prev']}, not on {self.last_seq}")
        self.last_seq = frame["seq"]
        self.seqs.append(frame["seq"])
        if frame["type"] == "hit":
            self.read_ids.append(frame["hit"]["read"]["read_id"])

    async def _catch_up(self, reset: dict[str, Any]) -> None:
        """Fetch what lies up to the head that the reset names; what follows comes by the feed."""
        headers = {"Authorization": f"Bearer {self._token}"}
        self.epoch = reset["epoch"]
        async with httpx.AsyncClient(base_url=self.url_of_rest, headers=headers, timeout=WAIT_S) as http:
            while self.last_seq < reset["head_seq"]:
                answer = await http.get("/v1/hits", params={"after": self.last_seq, "limit": PAGE})
                page = answer.raise_for_status().json()
                self.last_seq = max(self.last_seq, page["floor_seq"])
                for item in page["items"]:
                    if item["seq"] <= reset["head_seq"]:
                        self._hold(item)
                self.last_seq = max(self.last_seq, min(page["next"], reset["head_seq"]))


class StreamRover(Rover):
    """The same on an event stream. It comes back with the place of the last event that it had."""

    async def _ride(self) -> None:
        at = urlsplit(self._url)
        dialled = {"sock": await self._dial()} if self._dial else {"host": at.hostname, "port": at.port}
        reader, writer = await asyncio.open_connection(**dialled)
        try:
            writer.write(self._request(at.netloc))
            async with asyncio.timeout(WAIT_S):
                head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(head.decode())
            async for frame in self._frames(reader):
                await self._take(frame)
        finally:
            writer.transport.abort()

    def _request(self, host: str) -> bytes:
        lines = ["GET /v1/hits/stream HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {self._token}"]
        if self.epoch:
            lines.append(f"Last-Event-ID: {self.epoch}:{self.last_seq}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _frames(self, reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
        """The frames in the chunks of the answer, until its end."""
        text = b""
        while True:
            async with asyncio.timeout(self.silent_s):
                size = int(await reader.readuntil(b"\r\n"), 16)
                text += (await reader.readexactly(size + 2))[:size]
            if not size:
                return
            *events, text = text.split(b"\n\n")
            for line in (line for event in events for line in event.splitlines()):
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))
