"""A patrol car: a websocket client that checks what the feed promises while it listens."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

WAIT_S = 30.0


class Car:
    """Keeps every frame it gets, in order, and asserts that each event follows on the one before."""

    def __init__(self, url: str, token: str, resume: dict[str, Any] | None = None, **filters: Any) -> None:
        self._url = url.replace("http", "ws", 1) + "/v1/hits/ws"
        self._token = token
        self._resume = resume
        self._filters = filters
        self.frames: list[dict[str, Any]] = []
        self.epoch = ""
        self.last_seq = 0
        self._news = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self._token}"}
        self._socket = await connect(
            self._url, subprotocols=[Subprotocol("anpr.hits.v1")], additional_headers=headers
        )
        hello = {"type": "hello", "resume": self._resume, "filters": self._filters}
        await self._socket.send(json.dumps(hello))
        self._listening = asyncio.create_task(self._listen(self._socket))
        await self.until(lambda: bool(self.epoch))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._socket is not None
        assert self._listening is not None
        await self._socket.close()
        await self._listening

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                await self._take(socket, json.loads(text))
        except ConnectionClosed:
            return

    async def _take(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            self.epoch = frame["epoch"]
            self.last_seq = self._resume["seq"] if frame["recovered"] and self._resume else frame["head_seq"]
        if "prev" in frame:
            assert frame["prev"] == self.last_seq, f"{frame['prev']} does not follow {self.last_seq}"
            self.last_seq = frame["seq"]
            await socket.send(json.dumps({"type": "ack", "seq": frame["seq"]}))
        async with self._news:
            self.frames.append(frame)
            self._news.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds, looking after each frame; fails after a time."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(holds)

    @property
    def hits(self) -> list[dict[str, Any]]:
        return [frame["hit"] for frame in self.frames if frame["type"] == "hit"]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(read id, plate listed) of each hit, in the order of arrival."""
        return [(hit["read"]["read_id"], hit["plate_listed"]) for hit in self.hits]

    @property
    def updates(self) -> list[dict[str, Any]]:
        return [frame["hit"] for frame in self.frames if frame["type"] == "hit.updated"]

    @property
    def withdrawn(self) -> set[str]:
        """The ids of the hits whose cards were taken away."""
        return {frame["hit"]["hit_id"] for frame in self.frames if frame["type"] == "hit.withdrawn"}
