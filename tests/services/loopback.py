"""Ports of this machine, and waiting for what is behind them."""

import contextlib
import random
import socket
import time
from collections.abc import Callable

# Below the range from which the kernel takes ports for outgoing connections: a server that is
# stopped for a while must find its port free when it comes back.
_PORTS = range(20_000, 32_000)


class NotThereError(Exception):
    """A service did not come up, or is not installed. The text says which, and what to do."""


def free_port() -> int:
    """A port of the loopback address on which nothing listens now."""
    for _ in range(200):
        port = random.choice(_PORTS)
        with contextlib.suppress(OSError), socket.socket() as sock:
            sock.bind(("127.0.0.1", port))
            return port
    raise NotThereError("no free port between 20000 and 32000")


def accepts(port: int) -> bool:
    """Whether something takes connections on this port of the loopback address."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def wait_until(check: Callable[[], bool], limit_s: float, what: str) -> None:
    """Return as soon as `check` holds; raise NotThereError when it still does not at the limit."""
    end = time.monotonic() + limit_s
    while not check():
        if time.monotonic() > end:
            raise NotThereError(f"{what}: not after {limit_s:g} s")
        time.sleep(0.02)
