"""The HTTP server as one part of the service: its own socket, no signals of its own.

uvicorn raises the signal again when it is done, which would end the process with -15; and its ping
does not free a client that stopped reading, for which the kernel's TCP_USER_TIMEOUT is needed on the
listening socket (accepted sockets inherit it). So both are ours; so is how websockets end.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
import uvicorn
from fastapi import FastAPI

from anpr_match.domain.errors import SetUp
from anpr_match.web.sockets import Socket

log = structlog.get_logger(__name__)

BACKLOG_CONNECTIONS = 2_048


@dataclass(frozen=True, slots=True)
class Limits:
    """`stop_s`: how long open requests and sockets may take to end at a stop. `unsent_bytes_max`: what
    the kernel keeps for a peer that has not taken it yet."""

    stop_s: float = 3.0
    ping_s: float = 10.0
    frame_bytes_max: int = 65_536
    tcp_user_timeout_s: float = 20.0
    unsent_bytes_max: int = 262_144


class _Unsignalled(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """Listens from the moment it is made, so that a taken port is known before anything starts."""

    def __init__(self, app: FastAPI, host: str, port: int, limits: Limits) -> None:
        self._socket = listening(host, port, limits)
        self._server = _Unsignalled(
            uvicorn.Config(
                app,
                ws=Socket,
                ws_per_message_deflate=False,
                ws_max_size=limits.frame_bytes_max,
                ws_ping_interval=limits.ping_s,
                ws_ping_timeout=limits.ping_s,
                timeout_graceful_shutdown=max(1, round(limits.stop_s)),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
            )
        )

    @property
    def port(self) -> int:
        """The port that it listens on, also when 0 was asked for."""
        return int(self._socket.getsockname()[1])

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; websockets are then closed with 1012, come back."""
        log.info("listening", port=self.port)
        async with asyncio.TaskGroup() as both:
            serving = both.create_task(self._server.serve(sockets=[self._socket]))
            stopping = both.create_task(stop.wait())
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
            self._server.should_exit = True
            stopping.cancel()


def listening(host: str, port: int, limits: Limits) -> socket.socket:
    """A TCP socket that listens. A peer that takes no data for `tcp_user_timeout_s` is cut. Raises `SetUp`
    when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP: asyncio sends small answers at once (TCP_NODELAY) only on sockets that say they are, and
    # accepted sockets say what this one says. Else each answer waits 40 ms for the client's delayed ACK.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Left alone the kernel keeps megabytes for each client that reads slowly. It doubles what it is told.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.unsent_bytes_max // 2)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(limits.tcp_user_timeout_s * 1000)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        made.bind((host, port))
        made.listen(BACKLOG_CONNECTIONS)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise SetUp(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return made
