"""The client for asyncio: `Protocol` with a websocket below it.

    async with Client("https://anpr.example", token, Options(positions=FilePositions(path))) as car:
        async for news in car.events():
            show(news.event)
            await car.acknowledge(news.event.hit_id)

An event counts as taken when the next one is asked for; from then on the service knows that the device
has it, and a later run goes on after it. One that was asked for and not taken is delivered again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from anpr_match.client import acts, protocol
from anpr_match.client.positions import MemoryPositions, Positions
from anpr_match.client.rest import Rest
from anpr_match.client.sending import Sending
from anpr_match.domain.event import Position
from anpr_match.wire import feed, told

SUBPROTOCOL = Subprotocol("anpr.hits.v1")
HANDSHAKE_REFUSALS = {401: feed.Close.NOT_ALLOWED, 403: feed.Close.FORBIDDEN}


class Stopped(Exception):
    """The feed will not come back: the token is not good, say, or a newer connection took over."""

    def __init__(self, code: int, why: str) -> None:
        self.code = code
        super().__init__(f"{why} ({code})")


@dataclass(frozen=True, slots=True)
class Options:
    """`queue_events`: events received ahead of their being taken; beyond it the service must wait.
    `act_box`: where acts are kept while there is no link."""

    hello: feed.Hello = field(default_factory=feed.Hello)
    positions: Positions = field(default_factory=MemoryPositions)
    act_box: acts.ActBox = field(default_factory=acts.ActBox)
    limits: protocol.Limits = field(default_factory=protocol.Limits)
    queue_events: int = 256
    connect_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Link:
    """How the link stands; `silent_s` is its age: how long nothing was heard."""

    state: protocol.State
    silent_s: float
    last_error: told.Error | None


class Client:
    """One device on the feed. To be used in one task, as a context manager."""

    def __init__(self, url: str, token: str, options: Options | None = None) -> None:
        self._options = options or Options()
        self._url = "ws" + url.removeprefix("http").rstrip("/") + "/v1/hits/ws"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._rest = Rest(url, token)
        self._protocol = protocol.Protocol(
            self._options.positions.load(), self._options.hello, self._options.limits
        )
        self._queue: asyncio.Queue[protocol.Deliver | protocol.Lost | protocol.Stop] = asyncio.Queue(
            self._options.queue_events
        )
        self._connected = asyncio.Event()
        self._sending = Sending(self._rest, self._options.act_box, self._options.limits, self._connected)
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._saved: Position | None = None
        self._queued: Position | None = None
        self.taken: Position | None = None
        self.lost: list[protocol.Lost] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="anpr-match client")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Stopped):
            await self._running
        await self._save()

    @property
    def _running(self) -> asyncio.Task[None]:
        if self._task is None:
            raise RuntimeError("the client is to be entered first: async with Client(…)")
        return self._task

    @property
    def refused(self) -> list[tuple[acts.Act, int]]:
        """The newest acts that the service did not take, with the status of its answer."""
        return self._sending.refused

    @property
    def link(self) -> Link:
        now_s = asyncio.get_running_loop().time()
        return Link(self._protocol.state, self._protocol.silent_s(now_s), self._protocol.last_error)

    @property
    def position(self) -> Position | None:
        """The last event received."""
        return self._protocol.position

    async def connected(self) -> None:
        """Wait until events come live. Raises `Stopped`."""
        await self._unless_stopped(self._connected.wait())

    async def events(self) -> AsyncIterator[protocol.Deliver]:
        """Every event, in order, once; for ever. Raises `Stopped`."""
        while True:
            queue = self._queue
            news = await self._unless_stopped(queue.get()) if queue.empty() else queue.get_nowait()
            if isinstance(news, protocol.Lost):
                self.lost.append(news)
            elif isinstance(news, protocol.Deliver):
                yield news
                await self.mark_taken(news)

    async def _unless_stopped(self, waiting: Any) -> Any:
        """What is waited for, unless the client stops before."""
        task = asyncio.ensure_future(waiting)
        try:
            await asyncio.wait([task, self._running], return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._running.result()
            return task.result()
        finally:
            task.cancel()

    async def mark_taken(self, news: protocol.Deliver) -> None:
        """This event, and all before it, are safe on the device. Asking for the next one says so too."""
        position = self.taken = news.position
        idle = self._queue.empty()
        outputs = self._protocol.taken(position, idle=idle)
        if idle or outputs:
            await self._save()
        await self._do(outputs)

    async def report_position(self, lat: float, lon: float, accuracy_m: float | None = None) -> bool:
        """Say where the unit is, in degrees; False when there is no link, and then it is forgotten: the next
        one is better."""
        socket = self._socket
        if socket is None or not self._connected.is_set():
            return False
        fix = feed.Fix(lat, lon, datetime.now(UTC), accuracy_m)
        with contextlib.suppress(ConnectionClosed):
            await socket.send(msgspec.json.encode(fix).decode())
            return True
        return False

    async def _save_through(self) -> None:
        """When all that came was taken, the device has come as far as the server says: a device that sees
        little of a busy log is then not behind it."""
        if self._queue.empty() and self._queued == self.taken:
            self._queued = self.taken = self._protocol.position
            await self._save()

    async def _save(self) -> None:
        if self.taken is not None and self.taken != self._saved:
            await asyncio.to_thread(self._options.positions.save, self.taken)
            self._saved = self.taken

    async def acknowledge(self, hit_id: str) -> acts.Act:
        """Seen by the officer. Acts return at once: they are sent when there is a link."""
        return self._put(acts.acknowledgement(hit_id, "acknowledge", datetime.now(UTC)))

    async def take(self, hit_id: str) -> acts.Act:
        """This unit deals with it."""
        return self._put(acts.acknowledgement(hit_id, "take", datetime.now(UTC)))

    async def give_back(self, hit_id: str) -> acts.Act:
        """This unit took it and cannot go: others are asked again."""
        return self._put(acts.acknowledgement(hit_id, "give_back", datetime.now(UTC)))

    async def not_it(self, hit_id: str, answer: str, plate_true: str | None = None) -> acts.Act:
        """The hit is wrong or of no use; `plate_true` is what the plate really says."""
        at = datetime.now(UTC)
        return self._put(acts.acknowledgement(hit_id, "not_it", at, answer=answer, plate_true=plate_true))

    async def outcome(self, hit_id: str, what: str, **more: Any) -> acts.Act:
        """What came of it."""
        return self._put(acts.outcome(hit_id, what, datetime.now(UTC), **more))

    def _put(self, act: acts.Act) -> acts.Act:
        self._sending.put(act)
        return act

    async def acts_sent(self) -> None:
        """Wait until the service has answered every act. Raises `Stopped`."""
        await self._unless_stopped(self._sending.sent())

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._keep_connected())
                both.create_task(self._sending.run())
        except* Stopped as stopped:
            raise stopped.exceptions[0] from None

    async def _keep_connected(self) -> None:
        while True:
            code = await self._one_connection()
            self._socket = None
            self._connected.clear()
            for output in self._protocol.disconnected(code, self._now_s()):
                if isinstance(output, protocol.Stop):
                    raise Stopped(output.code, output.why)
                if isinstance(output, protocol.Retry):
                    await asyncio.sleep(output.pause_s)

    async def _one_connection(self) -> int | None:
        """The server's close code, if it sent one."""
        try:
            async with connect(
                self._url,
                subprotocols=[SUBPROTOCOL],
                additional_headers=self._headers,
                open_timeout=self._options.connect_s,
                close_timeout=1.0,
                compression=None,
                # The heartbeats of the feed tell more than pings: that the log is alive, not only the link.
                ping_interval=None,
            ) as self._socket:
                await self._do(self._protocol.connected(self._now_s()))
                await self._listen(self._socket)
        except InvalidStatus as refused:
            return HANDSHAKE_REFUSALS.get(refused.response.status_code)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        except (OSError, InvalidHandshake):
            return None
        return None

    async def _listen(self, socket: ClientConnection) -> None:
        """Returns when the protocol gives the connection up. Raises `ConnectionClosed`."""
        while True:
            try:
                async with asyncio.timeout_at(self._protocol.stale_at_s()):
                    text = await socket.recv()
            except TimeoutError:
                outputs: Sequence[protocol.Output] = self._protocol.looked(self._now_s())
            else:
                outputs = self._protocol.received(text, self._now_s())
            if not await self._do(outputs):
                return
            if self._protocol.state is protocol.State.LIVE:
                self._connected.set()
                await self._save_through()

    async def _do(self, outputs: Sequence[protocol.Output]) -> bool:
        """Do it in order; False when the connection is to be given up."""
        waiting = list(outputs)
        while waiting:
            output = waiting.pop(0)
            if isinstance(output, protocol.Send) and self._socket is not None:
                with contextlib.suppress(ConnectionClosed):
                    await self._socket.send(output.text)
            elif isinstance(output, protocol.Deliver | protocol.Lost):
                if isinstance(output, protocol.Deliver):
                    self._queued = output.position
                await self._queue.put(output)
            elif isinstance(output, protocol.CatchUp):
                waiting += await self._page(output.after)
            elif isinstance(output, protocol.Disconnect):
                return False
        return True

    async def _page(self, after: int) -> list[protocol.Output]:
        try:
            _, body = await self._rest.events(after)
            return self._protocol.page(told.decode_page(body))
        except (OSError, msgspec.MsgspecError):
            return [protocol.Disconnect("the log could not be fetched")]

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
