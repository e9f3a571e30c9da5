"""The feed on real sockets: the front door served in this process, and clients of it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from anpr_match.pipeline.sessions import Limits as SessionLimits
from anpr_match.web.app import create_app
from anpr_match.web.limits import FeedLimits
from anpr_match.web.server import Limits, Server
from tests.unit.web.front_door import FrontDoor, opened

WAIT_S = 20.0
FAST = FeedLimits(hello_s=5.0, heartbeat_s=0.2, send_s=5.0)


@dataclass
class Client:
    """One websocket, frame by frame."""

    socket: ClientConnection

    async def say(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def frame(self, *, beats: bool = False) -> dict[str, Any]:
        """The next frame; heartbeats only if asked for."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if beats or frame["type"] != "heartbeat":
                    return frame

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close that comes next, whatever frames come before."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.frame(beats=True)
        assert self.socket.protocol.close_rcvd is not None
        return self.socket.protocol.close_rcvd.code, self.socket.protocol.close_rcvd.reason


@dataclass
class Stream:
    """One event stream, event by event."""

    lines: AsyncIterator[str]
    retry_ms: int = 0
    place: str = ""
    text: str = field(default="", repr=False)

    async def frame(self, *, beats: bool = False) -> dict[str, Any] | None:
        """The next frame; None when the stream has ended in order."""
        async with asyncio.timeout(WAIT_S):
            async for line in self.lines:
                self.text += line + "\n"
                if line.startswith("retry: "):
                    self.retry_ms = int(line.removeprefix("retry: "))
                elif line.startswith("id: "):
                    self.place = line.removeprefix("id: ")
                elif line.startswith("data: "):
                    frame: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    if beats or frame["type"] != "heartbeat":
                        return frame
        return None


@dataclass
class Feeding:
    """A front door whose hub and sessions run, on a port of its own."""

    door: FrontDoor
    port: int
    stop: asyncio.Event
    units: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def socket(
        self, who: str | None = "patrol", *, origin: str | None = None, hello: bool = True, **said: Any
    ) -> AsyncIterator[Client]:
        """A websocket; with `hello` it has said hello, with what is `said` in it."""
        headers = {"Authorization": f"Bearer {self.door.tokens[who]}"} if who else {}
        connecting = connect(
            f"ws://127.0.0.1:{self.port}/v1/hits/ws",
            subprotocols=[Subprotocol("anpr.hits.v1")],
            additional_headers=headers,
            origin=Origin(origin) if origin else None,
        )
        async with connecting as socket:
            client = Client(socket)
            if hello:
                await client.say(type="hello", **said)
            yield client

    @contextlib.asynccontextmanager
    async def stream(
        self, query: str = "", who: str = "patrol", **headers: str
    ) -> AsyncIterator[tuple[httpx.Response, Stream]]:
        """An event stream; header names are written with `_`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.door.tokens[who]}"
        async with (
            httpx.AsyncClient(timeout=WAIT_S) as http,
            http.stream("GET", f"{self.url}/v1/hits/stream{query}", headers=sent) as answer,
        ):
            yield answer, Stream(answer.aiter_lines())

    async def unit(self, callsign: str, force: str = "herts") -> str:
        """Register a unit; its id. Its token goes by its callsign."""
        unit, made = await self.door.registers.add_unit(callsign, force, "t-1", self.door.clock.now())
        self.door.tokens[callsign] = made.token
        return unit.unit_id

    async def hits(self, entry: dict[str, Any], *read_ids: str, **read: Any) -> None:
        for read_id in read_ids:
            await self.door.hit(entry["entry_id"], read_id, **read)
        await self.door.services.hub.catch_up()

    async def revoke(self, who: str) -> None:
        caller = await self.door.registers.caller(self.door.tokens[who])
        assert caller is not None
        await self.door.registers.revoke_token(caller.token_id, "t-1", self.door.clock.now())


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fails after a time."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110  what is waited for are plain values of many parts
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def feeding(feed: FeedLimits = FAST, sessions: SessionLimits | None = None) -> AsyncIterator[Feeding]:
    """The feed over stores in memory; it is stopped in order at the end, if it was not before."""
    async with opened(feed=feed, session_limits=sessions) as door:
        server = Server(create_app(door.services), "127.0.0.1", 0, Limits(stop_s=1))
        await door.services.hub.catch_up()
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for run in (door.services.sessions.run, server.run):
                tasks.create_task(run(stop))
            try:
                yield Feeding(door, server.port, stop)
            finally:
                stop.set()
