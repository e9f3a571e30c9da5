"""A line between clients and a server that delays, stalls, thins out, cuts and resets: a TCP proxy.

    with Link(server_port) as link:
        talk to 127.0.0.1 port link.port
        link.stall(); …; link.flow()

It runs in a thread of its own, so that a test that blocks does not stop the line. Each order is
carried out when its call returns.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.services.loopback import free_port

CHUNK_BYTES = 16_384
ORDER_S = 10.0
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Link:
    """One server's line. Orders hold for every connection there is, and for those that come.

    `buffer_bytes` bounds what the sockets of the line itself take in, so that a stall is soon felt.
    """

    def __init__(self, server_port: int, *, buffer_bytes: int | None = None) -> None:
        self._server_port = server_port
        self._buffer_bytes = buffer_bytes
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._flowing = asyncio.Event()
        self._delay_s = 0.0
        self._bytes_per_s: float | None = None
        self._dropping = False
        self._pairs: set[_Pair] = set()
        self._leading: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._order(self._flowing.set)
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        asyncio.run_coroutine_threadsafe(self._end_tasks(), self._loop).result(ORDER_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ORDER_S)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections lead through it now."""
        return len(self._pairs)

    @property
    def ports(self) -> list[int]:
        """The port of each connection as the server sees it."""
        return [pair.port for pair in self._pairs]

    def delay(self, seconds: float) -> None:
        """Each piece takes so long, either way."""
        self._order(lambda: setattr(self, "_delay_s", seconds))

    def throttle(self, bytes_per_s: float | None) -> None:
        """So many bytes a second go through, for each way of each connection; None: as many as come."""
        self._order(lambda: setattr(self, "_bytes_per_s", bytes_per_s))

    def stall(self) -> None:
        """Nothing goes through and nothing is taken in; connections stay open on both ends."""
        self._order(self._flowing.clear)

    def flow(self) -> None:
        """End a stall, or a dropping."""
        self._order(lambda: setattr(self, "_dropping", False))
        self._order(self._flowing.set)

    def drop(self) -> None:
        """What comes is taken in and lost: both ends believe that it arrived. A connection that lost
        bytes is good for nothing afterwards but to be reset."""
        self._order(lambda: setattr(self, "_dropping", True))

    def reset(self) -> None:
        """Every connection there is ends in a reset, at both ends. New ones may come."""
        self._order(lambda: self._each(_Pair.reset))

    def forget_clients(self) -> None:
        """The clients' ends are reset; the server is told nothing, and its data is no longer taken."""
        self._order(lambda: self._each(_Pair.half_open))

    def cut(self) -> None:
        """Reset every connection, and refuse new ones until `mend`."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(ORDER_S)
        self.reset()

    def mend(self) -> None:
        """Take connections (again)."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(ORDER_S)

    def _order(self, act: Callable[[], object]) -> None:
        async def done() -> None:
            act()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(ORDER_S)

    def _each(self, act: "Callable[[_Pair], None]") -> None:
        for pair in list(self._pairs):
            act(pair)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(
                self._joined, "127.0.0.1", self.port, backlog=2_048, limit=CHUNK_BYTES, reuse_address=True
            )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _end_tasks(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine of the stream's own: that one complains when it is cancelled.
        task = self._loop.create_task(self._lead(reader, writer))
        self._leading.add(task)
        task.add_done_callback(self._leading.discard)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far = await asyncio.open_connection("127.0.0.1", self._server_port, limit=CHUNK_BYTES)
        except OSError:
            _abort(writer)
            return
        pair = _Pair(writer, far[1])
        self._pairs.add(pair)
        self._bound(writer, far[1])
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, far[1], pair))
                ways.create_task(self._pass(far[0], writer, pair))
        finally:
            self._pairs.discard(pair)
            pair.reset()

    def _bound(self, *writers: asyncio.StreamWriter) -> None:
        if self._buffer_bytes is not None:
            for writer in writers:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._buffer_bytes)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pair: "_Pair") -> None:
        """Carry bytes one way until the source ends; an end is handed on."""
        with contextlib.suppress(OSError):
            while True:
                await self._flowing.wait()
                piece = await source.read(CHUNK_BYTES)
                await self._flowing.wait()
                if pair.client_gone:
                    # The server's end stays open, and nothing is taken from it.
                    await asyncio.Event().wait()
                if not piece:
                    break
                await asyncio.sleep(self._wait_s(len(piece)))
                if not self._dropping:
                    sink.write(piece)
                    await sink.drain()
            sink.write_eof()

    def _wait_s(self, size: int) -> float:
        return self._delay_s + (size / self._bytes_per_s if self._bytes_per_s else 0.0)


class _Pair:
    """One connection: the client's end and the server's."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._client = client
        self._server = server
        self.port = int(server.get_extra_info("sockname")[1])
        self.client_gone = False

    def reset(self) -> None:
        _abort(self._client)
        _abort(self._server)

    def half_open(self) -> None:
        self.client_gone = True
        _abort(self._client)


def _abort(writer: asyncio.StreamWriter) -> None:
    """End it with a reset rather than in order."""
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    writer.transport.abort()
