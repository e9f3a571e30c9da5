"""A patrol car that stays on the road: whatever happens to its link, it comes back and resumes."""

import asyncio
import contextlib
import json
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.faults.ledger import Pair

AGAIN_S = 0.2
LINK_S = 10.0


class Subscriber:
    """The hits that came over all its connections, in order; `broken` says where an event did not follow
    on the one before it, or where a resume was refused."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.replace("http", "ws", 1) + "/v1/hits/ws"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._epoch = ""
        self._welcomed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self.last_seq = 0
        self.pairs: list[Pair] = []
        self.broken: list[str] = []
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._stay())
        await asyncio.wait_for(self._welcomed.wait(), 30)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listening is not None
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException):
                await self._ride()
            await asyncio.sleep(AGAIN_S)

    async def _ride(self) -> None:
        """One connection, to its end."""
        protocol = Subprotocol("anpr.hits.v1")
        async with connect(
            self._url,
            subprotocols=[protocol],
            additional_headers=self._headers,
            open_timeout=LINK_S,
            ping_interval=LINK_S,
            ping_timeout=LINK_S,
            close_timeout=1,
        ) as socket:
            self._socket = socket
            resume = {"epoch": self._epoch, "seq": self.last_seq} if self._epoch else None
            await socket.send(json.dumps({"type": "hello", "resume": resume, "filters": {}}))
            async for text in socket:
                self._take(json.loads(text))

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            self.connections += 1
            if not self._epoch:
                self.last_seq = frame["head_seq"]
            elif not frame["recovered"] or frame["epoch"] != self._epoch:
                self.broken.append(f"no resume from {self.last_seq}")
            self._epoch = frame["epoch"]
            self._welcomed.set()
        elif frame["type"] == "reset":
            self.broken.append(f"reset: {frame['reason']}")
        elif "prev" in frame:
            if frame["prev"] != self.last_seq:
                self.broken.append(f"{frame['prev']} does not follow {self.last_seq}")
            self.last_seq = frame["seq"]
            if frame["type"] == "hit":
                self.pairs.append((frame["hit"]["read"]["read_id"], frame["hit"]["plate_listed"]))

    def cut(self) -> None:
        """The link breaks, without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def caught_up(self, seq: int, limit_s: float) -> None:
        """Until it has everything up to `seq`."""
        async with asyncio.timeout(limit_s):
            while self.last_seq < seq:  # noqa: ASYNC110 the position is a plain value over several connections
                await asyncio.sleep(AGAIN_S)
