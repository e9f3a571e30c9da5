"""The socket that the server listens on, and what the sockets accepted from it inherit."""

import asyncio
import socket

from anpr_match.web.server import Limits, listening

LIMITS = Limits(tcp_user_timeout_s=12.5, unsent_bytes_max=100_000)


async def accepted_options(*names: int, level: int = socket.IPPROTO_TCP) -> list[int]:
    """Options of a connection accepted from the listening socket, as asyncio has set it up."""
    found: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

    async def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        found.set_result([connection.getsockopt(level, name) for name in names])
        writer.close()

    server = await asyncio.start_server(accepted, sock=listening("127.0.0.1", 0, LIMITS))
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        options = await found
        writer.close()
        await writer.wait_closed()
    return options


async def test_small_answers_are_sent_at_once() -> None:
    """An accepted connection does not hold a small answer back until the client has acknowledged the last."""
    assert await accepted_options(socket.TCP_NODELAY) == [1]


async def test_a_peer_that_takes_nothing_is_cut_by_the_kernel() -> None:
    """An accepted connection has the time limit for data that nobody takes, in milliseconds."""
    assert await accepted_options(socket.TCP_USER_TIMEOUT) == [12_500]


async def test_the_kernel_keeps_little_for_a_slow_peer() -> None:
    """An accepted connection holds no more of what its peer has not taken than the setting says."""
    assert await accepted_options(socket.SO_SNDBUF, level=socket.SOL_SOCKET) == [100_000]
