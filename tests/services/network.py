"""A network of its own, with a cable that can be pulled: a network namespace. Needs root."""

import contextlib
import ctypes
import os
import socket
import subprocess
import threading
from types import TracebackType
from typing import Self

CLONE_NEWNET = 0x40000000


class Network:
    """`address` is this machine as it is seen from there. While `pulled`, packets get lost either way and
    nobody is told."""

    def __init__(self, number: int) -> None:
        self._name = f"anpr-{os.getpid()}-{number}"
        self._here, self._there = f"ah{os.getpid() % 100_000}x{number}", f"at{os.getpid() % 100_000}x{number}"
        self.address = f"10.213.{number}.1"
        self._address_there = f"10.213.{number}.2"

    def __enter__(self) -> Self:
        _ip("netns", "add", self._name)
        _ip("link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self._name)
        _ip("addr", "add", f"{self.address}/24", "dev", self._here)
        _ip("link", "set", self._here, "up")
        _ip("-n", self._name, "addr", "add", f"{self._address_there}/24", "dev", self._there)
        _ip("-n", self._name, "link", "set", self._there, "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "delete", self._name)
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self._here)

    def pull(self) -> None:
        """Pull the cable on the far side."""
        _ip("-n", self._name, "link", "set", self._there, "down")

    def plug(self) -> None:
        """Plug it in again."""
        _ip("-n", self._name, "link", "set", self._there, "up")

    def dial(self, port: int) -> socket.socket:
        """A connection from there to a port of this machine. Raises OSError."""
        made: list[socket.socket | OSError] = []
        # A thread can go into a namespace, and takes nobody with it.
        thread = threading.Thread(target=self._dial, args=(port, made))
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def _dial(self, port: int, made: list[socket.socket | OSError]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            with open(f"/run/netns/{self._name}", encoding="ascii") as namespace:  # noqa: PTH123  its number is needed
                if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.create_connection((self.address, port), timeout=2))
            made[0].setblocking(False)  # type: ignore[union-attr]  # it is the socket just appended
        except OSError as error:
            made[:] = [error]


def allowed() -> bool:
    """Whether this machine lets us make networks: as root, with the program `ip`."""
    if os.geteuid() != 0:
        return False
    try:
        with Network(250):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)
