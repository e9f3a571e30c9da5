"""The feed on a websocket: who calls, where they were, and then every event they may see.

Frames and close codes are in `wire/feed.py`. The handshake or the `hello` carries the token, or the
`hello` a ticket. One task reads what the client says while another writes the log to it; when either
ends, so does the other.
"""

import asyncio
from typing import NoReturn

import msgspec
import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import Full, Unavailable
from anpr_match.web import auth, origins, sockets, tickets
from anpr_match.web.listening import CLOSE_S, COME_BACK, Ended, Listening, check, first_ended
from anpr_match.web.services import Services, of
from anpr_match.web.sockets import TELL
from anpr_match.wire import feed

log = structlog.get_logger(__name__)
router = APIRouter()

SUBPROTOCOL = "anpr.hits.v1"


async def hits(socket: WebSocket) -> None:
    """Serve one unit's websocket until it ends."""
    services = of(socket)
    offered = socket.scope.get("subprotocols", [])
    if not origins.allowed(socket, services.feed.origins):
        await socket.close(feed.Close.FORBIDDEN)
        return
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    await Connection(socket, services).run()


# Not as a route of FastAPI: the exit stacks that it keeps for as long as a websocket is open cost 5 KiB each.
router.add_websocket_route("/v1/hits/ws", hits)


class Connection:
    """One unit's websocket, from its hello to its end."""

    __slots__ = ("_listening", "_services", "_socket")

    def __init__(self, socket: WebSocket, services: Services) -> None:
        self._socket = socket
        self._services = services
        self._listening: Listening | None = None

    async def run(self) -> None:
        try:
            hello = await self._hello()
            caller = check(await self._caller(hello))
            # Nobody reads them again, and with a thousand cars they are megabytes.
            self._socket.scope["headers"].clear()
            listening = Listening(self._services, caller, hello.filters)
            frames = await listening.begin(hello.resume, hello.device)
            async with listening.open():
                for frame in frames:
                    await self._send(frame)
                if (extension := (self._socket.scope.get("extensions") or {}).get(TELL)) is not None:
                    listening.push_by(extension["tell"])
                await self._both_ways(listening)
        except Ended as ended:
            await self._close(ended)
        except Full as full:
            await self._close(Ended(feed.Close.TRY_LATER, full.detail))
        except Unavailable:
            await self._close(Ended(feed.Close.RESTARTING, f"a part is away: {COME_BACK}"))
        except WebSocketDisconnect:
            return

    async def _hello(self) -> feed.Hello:
        try:
            with self._services.sessions.waiting():
                async with asyncio.timeout(self._services.feed.hello_s):
                    frame = await self._frame()
        except Full as full:
            raise Ended(feed.Close.TRY_LATER, full.detail) from None
        except TimeoutError:
            raise Ended(feed.Close.NOT_ALLOWED, "no hello came in time") from None
        if not isinstance(frame, feed.Hello):
            raise Ended(feed.Close.NOT_ALLOWED, "the first frame is to be a hello")
        return frame

    async def _caller(self, hello: feed.Hello) -> Caller | None:
        token = auth.token_of(self._socket) or hello.token
        if token is None and hello.ticket is not None:
            origin = self._socket.headers.get("origin")
            return await tickets.bearer(self._services, hello.ticket, origin)
        return await self._services.callers.caller(token or "")

    async def _frame(self) -> feed.FromClient:
        """The client's next frame; one that cannot be read is answered with what is wrong."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        try:
            return feed.decode(message.get("text") or message.get("bytes") or b"")
        except msgspec.MsgspecError as error:
            return await self._refuse(str(error))

    async def _refuse(self, detail: str) -> NoReturn:
        await self._send(feed.error("bad_frame", detail))
        raise Ended(feed.Close.BAD_FRAME, "the frame is none of the protocol's")

    async def _both_ways(self, listening: Listening) -> None:
        """Read and write at once; the first that ends, ends both."""
        try:
            async with asyncio.TaskGroup() as ways:
                # Not the supervisor's: it lives and dies within this connection.
                ways.create_task(self._listen(listening))
                await self._tell(listening)
        except* Ended as ended:
            raise first_ended(ended) from None
        except* WebSocketDisconnect:
            raise WebSocketDisconnect from None
        except* Unavailable as unavailable:
            raise Unavailable from unavailable

    async def _listen(self, listening: Listening) -> None:
        while True:
            frame = await self._frame()
            if isinstance(frame, feed.Ack):
                listening.acked(frame.seq)
            elif isinstance(frame, feed.Ping):
                await self._send(listening.heartbeat())
            elif isinstance(frame, feed.Hello):
                # It may hold other filters, and a client that believes they are in force would miss hits.
                await self._refuse("the hello was said already: to change filters, come back and resume")
            elif isinstance(frame, feed.Fix) and not listening.moved(frame):
                await self._send(feed.error("no_unit", "this token is of no unit that could be somewhere"))

    async def _tell(self, listening: Listening) -> None:
        while True:
            for _, frame in await listening.frames():
                await self._send(frame)

    async def _send(self, frame: str) -> None:
        try:
            async with asyncio.timeout(self._services.feed.send_s):
                await self._socket.send_text(frame)
        except RuntimeError:
            # The server has closed it already, because no answer came to its ping.
            raise WebSocketDisconnect(1006) from None
        except TimeoutError:
            raise Ended(feed.Close.TOO_SLOW, "frames were not taken in time: come back and resume") from None

    async def _close(self, ended: Ended) -> None:
        if self._socket.application_state is not WebSocketState.CONNECTED:
            return
        self._services.metrics.feed_closes.labels(code=str(int(ended.code))).inc()
        try:
            async with asyncio.timeout(0 if ended.code is feed.Close.TOO_SLOW else CLOSE_S):
                await self._socket.close(int(ended.code), ended.reason)
        except TimeoutError:
            log.info("feed_cut", code=int(ended.code))
            extension = (self._socket.scope.get("extensions") or {}).get(sockets.CUT)
            if extension is not None:
                extension["cut"](int(ended.code), ended.reason)
        except (RuntimeError, WebSocketDisconnect):
            log.info("feed_close_unheard", code=int(ended.code))
