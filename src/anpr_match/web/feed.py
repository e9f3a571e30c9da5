"""The feed on a websocket: who calls, where they were, and then every event they may see.

Frames and close codes are in `wire/feed.py`. The handshake or the `hello` carries the token. One
coroutine reads what the client says, one writes the log to it; when either ends, so does the other.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.event import Event, Kind, Position
from anpr_match.pipeline.deliver import Hub, Subscription
from anpr_match.ports.audit import Audit
from anpr_match.ports.audit import Kind as ActKind
from anpr_match.ports.clock import Clock
from anpr_match.ports.registers import Registers
from anpr_match.telemetry.metrics import Metrics
from anpr_match.wire import feed

log = structlog.get_logger(__name__)
router = APIRouter()

SUBPROTOCOL = "anpr.hits.v1"
MAY_SUBSCRIBE = frozenset({Role.PATROL, Role.ANALYST})


@dataclass(frozen=True, slots=True)
class Limits:
    """`send_s`: how long one frame may wait for the client's line before the client counts as too
    slow. `rights_s`: how often a connection's token is looked at again."""

    hello_s: float = 10.0
    heartbeat_s: float = 10.0
    send_s: float = 10.0
    rights_s: float = 60.0
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a connection works with."""

    hub: Hub
    registers: Registers
    audit: Audit
    clock: Clock
    metrics: Metrics


class Feed:
    """What every connection shares: the log, the register of tokens, and the open connections."""

    def __init__(self, parts: Parts, limits: Limits) -> None:
        self.parts = parts
        self.limits = limits
        self._open: set[Connection] = set()

    async def serve(self, socket: WebSocket) -> None:
        """Serve one websocket until it ends."""
        offered = socket.scope.get("subprotocols", [])
        if not self._origin_allowed(socket):
            await socket.close(feed.Close.FORBIDDEN)
            return
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
        connection = Connection(socket, self.parts, self.limits)
        self._open.add(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)

    def _origin_allowed(self, socket: WebSocket) -> bool:
        """A browser names the page that opens the socket: it must be ours, or one that was allowed."""
        origin = socket.headers.get("origin")
        own = socket.headers.get("host", "")
        return origin is None or origin in self.limits.origins or origin.split("://")[-1] == own

    def restart(self) -> None:
        """Ask every connection to close with 1012: this process is going, come back."""
        for connection in self._open:
            connection.stop.set()


class Ended(Exception):
    """The connection is over, with the code to close it by."""

    def __init__(self, code: feed.Close | int) -> None:
        self.code = int(code)
        super().__init__(str(self.code))


@dataclass(eq=False, slots=True)
class Connection:
    """One unit's websocket, from its hello to its end."""

    socket: WebSocket
    parts: Parts
    limits: Limits
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged_seq: int = 0
    token: str = ""

    async def run(self) -> None:
        code: int | None = None
        try:
            hello = await self._hello()
            caller = await self._caller(hello)
            subscription = await self._welcome(hello, caller)
            await self._note_disclosure(caller)
            with self.parts.metrics.feed_connections.track_inprogress():
                await self._both_ways(subscription)
        except Ended as ended:
            code = ended.code
        except (WebSocketDisconnect, Unavailable) as gone:
            code = feed.Close.RESTARTING if isinstance(gone, Unavailable) else None
        await self._close(code)

    async def _hello(self) -> feed.Hello:
        try:
            async with asyncio.timeout(self.limits.hello_s):
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
        scheme, _, handshake = self.socket.headers.get("authorization", "").partition(" ")
        self.token = handshake if scheme.lower() == "bearer" else (hello.token or "")
        caller = await self.parts.registers.caller(self.token)
        if caller is None:
            raise Ended(feed.Close.NOT_ALLOWED)
        if caller.role not in MAY_SUBSCRIBE:
            raise Ended(feed.Close.FORBIDDEN)
        return caller

    async def _welcome(self, hello: feed.Hello, caller: Caller) -> Subscription:
        hub = self.parts.hub
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
                heartbeat_s=self.limits.heartbeat_s,
                watchlist_revision=self.parts.hub.watchlist_revision,
            )
        )
        if refusal is not None:
            await self._send(feed.reset(refusal, bounds))
        filters = hello.filters or feed.Filters()
        return hub.subscribe(after, lambda event: may_see(caller, event) and filters.wants(event))

    async def _note_disclosure(self, caller: Caller) -> None:
        await self.parts.audit.note(
            ActKind.DISCLOSURE,
            caller.token_id,
            caller.force,
            "feed.subscribed",
            caller.unit_id or caller.token_id,
            None,
            self.parts.clock.now(),
        )

    async def _both_ways(self, subscription: Subscription) -> None:
        """Read and write at once; the first that ends, ends both."""
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._listen(subscription))
                ways.create_task(self._tell(subscription))
                ways.create_task(self._until_stopped())
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
        checked_at_s = self.parts.clock.monotonic_s()
        while True:
            events = await subscription.next(self.limits.heartbeat_s)
            if self.parts.clock.monotonic_s() - checked_at_s > self.limits.rights_s:
                await self._check_rights()
                checked_at_s = self.parts.clock.monotonic_s()
            for event in events:
                await self._send(feed.frame(event, subscription.sent_seq))
                subscription.sent_seq = event.seq
                self._note_delivery(event)
            if not events:
                await self._heartbeat()

    async def _until_stopped(self) -> None:
        await self.stop.wait()
        raise Ended(feed.Close.RESTARTING)

    async def _check_rights(self) -> None:
        if await self.parts.registers.caller(self.token) is None:
            raise Ended(feed.Close.NOT_ALLOWED)

    async def _heartbeat(self) -> None:
        revision = self.parts.hub.watchlist_revision
        await self._send(feed.heartbeat(self.parts.hub.bounds.head_seq, revision))

    async def _send(self, frame: str) -> None:
        try:
            async with asyncio.timeout(self.limits.send_s):
                await self.socket.send_text(frame)
        except TimeoutError:
            raise Ended(feed.Close.TOO_SLOW) from None

    def _note_delivery(self, event: Event) -> None:
        if event.kind is Kind.HIT:
            self.parts.metrics.hit_delivery.observe(_age_s(event.captured_at, self.parts.clock.now()))

    async def _close(self, code: int | None) -> None:
        if code is None or self.socket.application_state is not WebSocketState.CONNECTED:
            return
        self.parts.metrics.feed_closes.labels(code=str(int(code))).inc()
        try:
            async with asyncio.timeout(self.limits.send_s):
                await self.socket.close(int(code))
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            log.info("feed_close_unheard", code=int(code))


def may_see(caller: Caller, event: Event) -> bool:
    """A force sees the hits of entries that it owns or that are shared with it."""
    return caller.force == event.owner_force or caller.force in event.shared_with


def _first_code(group: BaseExceptionGroup[Ended]) -> int:
    first = group.exceptions[0]
    return first.code if isinstance(first, Ended) else _first_code(first)


def _age_s(captured_at: datetime, now: datetime) -> float:
    return max(0.0, (now - captured_at).total_seconds())
