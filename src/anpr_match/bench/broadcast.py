"""The least that tells a thousand websockets something: the broadcast of the library `websockets`."""

import asyncio
import time
from multiprocessing.connection import Connection
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve

from anpr_match.bench.served import Weigh, weight


def run(control: Connection) -> None:
    """In a process of its own. Sends its port; then, for each text received, when it began to send it to
    all, and its `Weight` for each `Weigh`; ends at None."""
    asyncio.run(_run(control))


async def _run(control: Connection) -> None:
    sockets: set[ServerConnection] = set()

    async def stay(connection: ServerConnection) -> None:
        sockets.add(connection)
        await connection.wait_closed()
        sockets.discard(connection)

    options: dict[str, Any] = {
        "compression": None,
        "ping_interval": None,
        "backlog": 2_048,
        "close_timeout": 0.1,
    }
    async with serve(stay, "127.0.0.1", 0, **options) as server:
        control.send(next(iter(server.sockets)).getsockname()[1])
        while (told := await asyncio.to_thread(control.recv)) is not None:
            if isinstance(told, Weigh):
                control.send(weight())
                continue
            began_s = time.monotonic()
            broadcast(sockets, told)
            control.send(began_s)
