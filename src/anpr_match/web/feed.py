"""The feed on a websocket: who calls, where they were, and then every event they may see.

Frames and close codes are in `wire/feed.py`. The handshake or the `hello` carries the token. One
coroutine reads what the client says, one writes the log to it; when either ends, so does the other.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.event import Event, Kind, Position
from anpr_match.pipeline.deliver import Subscription
from anpr_match.ports.audit import Act
from anpr_match.ports.audit import Kind as ActKind
from anpr_match.web import auth
from anpr_match.web.services import Services, of
from anpr_match.wire import feed

log = structlog.get_logger(__name__)
router = APIRouter()

SUBPROTOCOL = "anpr.hits.v1"
MAY_SUBSCRIBE = frozenset({Role.PATROL, Role.ANALYST})


@router.websocket("/v1/hits/ws")
async def hits(socket: WebSocket) -> None:
    """Serve one unit's websocket until it ends."""
    services = of(socket)
    offered = socket.scope.get("subprotocols", [])
    if not _origin_allowed(socket, services.feed.origins):
        await socket.close(feed.Close.FORBIDDEN)
        return
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    await Connection(socket, services).run()


def _origin_allowed(socket: WebSocket, allowed: tuple[str, ...]) -> bool:
    """A browser names the page that opens the socket: it must be ours, or one that was allowed."""
    origin = socket.headers.get("origin")
    own = socket.headers.get("host", "")
    return origin is None or origin in allowed or origin.split("://")[-1] == own


class Ended(Exception):
    """The connection is over, with the code to close it by."""

    def __init__(self, code: feed.Close | int) -> None:
        self.code = int(code)
        super().__init__(str(self.code))


@dataclass(eq=False, slots=True)
class Connection:
    """One unit's websocket, from its hello to its end."""

    socket: WebSocket
    services: Services
    acknowledged_seq: int = 0
    token: str = ""

    async def run(self) -> None:
        code: int | None = None
        try:
            hello = await self._hello()
            caller = await self._caller(hello)
            subscription = await self._welcome(hello, caller)
            await self._note_disclosure(caller)
            with self.services.metrics.feed_connections.track_inprogress():
                await self._both_ways(subscription)
        except Ended as ended:
            code = ended.code
        except (WebSocketDisconnect, Unavailable) as gone:
            code = feed.Close.RESTARTING if isinstance(gone, Unavailable) else None
        await self._close(code)

    async def _hello(self) -> feed.Hello:
        try:
            async with asyncio.timeout(self.services.feed.hello_s):
                frame = await self._frame()
        except TimeoutError:
            raise Ended(feed.Close.NOT_ALLOWED) from None
        if not isinstance(frame, feed.Hello):
            raise Ended(feed.Close.NOT_ALLOWED)
        return frame

    async def _frame(self) -> feed.FromClient:
        """The client's next frame; one that cannot be read is answered with what is wrong."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        try:
            return feed.decode(message.get("text") or message.get("bytes") or b"")
        except msgspec.MsgspecError as error:
            await self._send(feed.error("bad_frame", str(error)))
            raise Ended(feed.Close.BAD_FRAME) from None

    async def _caller(self, hello: feed.Hello) -> Caller:
        self.token = auth.token_of(self.socket) or hello.token or ""
        caller = await self.services.callers.caller(self.token)
        if caller is None:
            raise Ended(feed.Close.NOT_ALLOWED)
        if caller.role not in MAY_SUBSCRIBE:
            raise Ended(feed.Close.FORBIDDEN)
        return caller

    async def _welcome(self, hello: feed.Hello, caller: Caller) -> Subscription:
        hub = self.services.hub
        refusal = None
        if hello.resume is not None:
            refusal = await hub.refusal(Position(hello.resume.epoch, hello.resume.seq))
        bounds = hub.bounds
        recovered = hello.resume is not None and refusal is None
        after = hello.resume.seq if hello.resume is not None and recovered else bounds.head_seq
        await self._send(
            feed.welcome(
                secrets.token_hex(8),
                bounds,
                recovered=recovered,
                heartbeat_s=self.services.feed.heartbeat_s,
                watchlist_revision=self.services.hub.watchlist_revision,
            )
        )
        if refusal is not None:
            await self._send(feed.reset(refusal, bounds))
        filters = hello.filters or feed.Filters()
        return hub.subscribe(after, lambda event: event.visible_to(caller.force) and filters.wants(event))

    async def _note_disclosure(self, caller: Caller) -> None:
        act = Act(
            self.services.clock.now(),
            ActKind.DISCLOSURE,
            caller.token_id,
            caller.force,
            "feed.subscribed",
            caller.unit_id or caller.token_id,
            None,
        )
        await self.services.audit.note(act)

    async def _both_ways(self, subscription: Subscription) -> None:
        """Read and write at once; the first that ends, ends both."""
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._listen(subscription))
                ways.create_task(self._tell(subscription))
        except* Ended as ended:
            raise Ended(_first_code(ended)) from None
        except* WebSocketDisconnect:
            raise WebSocketDisconnect from None
        except* Unavailable:
            raise Ended(feed.Close.RESTARTING) from None

    async def _listen(self, subscription: Subscription) -> None:
        while True:
            frame = await self._frame()
            if isinstance(frame, feed.Ack):
                self.acknowledged_seq = max(self.acknowledged_seq, min(frame.seq, subscription.sent_seq))
            elif isinstance(frame, feed.Ping):
                await self._heartbeat()

    async def _tell(self, subscription: Subscription) -> None:
        checked_at_s = self.services.clock.monotonic_s()
        while True:
            events = await subscription.next(self.services.feed.heartbeat_s)
            if self.services.clock.monotonic_s() - checked_at_s > self.services.feed.rights_s:
                await self._check_rights()
                checked_at_s = self.services.clock.monotonic_s()
            for event in events:
                await self._send(feed.frame(event, subscription.sent_seq))
                subscription.sent_seq = event.seq
                self._note_delivery(event)
            if not events:
                await self._heartbeat()

    async def _check_rights(self) -> None:
        if await self.services.callers.caller(self.token) is None:
            raise Ended(feed.Close.NOT_ALLOWED)

    async def _heartbeat(self) -> None:
        revision = self.services.hub.watchlist_revision
        await self._send(feed.heartbeat(self.services.hub.bounds.head_seq, revision))

    async def _send(self, frame: str) -> None:
        try:
            async with asyncio.timeout(self.services.feed.send_s):
                await self.socket.send_text(frame)
        except TimeoutError:
            raise Ended(feed.Close.TOO_SLOW) from None

    def _note_delivery(self, event: Event) -> None:
        if event.kind is Kind.HIT:
            self.services.metrics.hit_delivery.observe(_age_s(event.captured_at, self.services.clock.now()))

    async def _close(self, code: int | None) -> None:
        if code is None or self.socket.application_state is not WebSocketState.CONNECTED:
            return
        self.services.metrics.feed_closes.labels(code=str(int(code))).inc()
        try:
            async with asyncio.timeout(self.services.feed.send_s):
                await self.socket.close(int(code))
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            log.info("feed_close_unheard", code=int(code))


def _first_code(group: BaseExceptionGroup[Ended]) -> int:
    first = group.exceptions[0]
    return first.code if isinstance(first, Ended) else _first_code(first)


def _age_s(captured_at: datetime, now: datetime) -> float:
    return max(0.0, (now - captured_at).total_seconds())
