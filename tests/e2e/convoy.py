"""A thousand patrol cars in one thread: raw websockets that resume, check what they get, and come back.

Each holds the seqs and reads it had over all its connections. No websocket library, since a thousand of
its clients would cost more than the service.
"""

import contextlib
import json
import os
import random
import select
import socket
import struct
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from anpr_match.bench.cars import CLOSE, PING, PONG, TEXT, _frames, _masked

OPENING_AT_ONCE = 64


@dataclass(eq=False)
class Wagon:
    """One car. `due_s`: when it may connect again; None while it has a socket."""

    line: socket.socket | None = None
    due_s: float = 0.0
    welcomed: bool = False
    buffer: bytearray = field(default_factory=bytearray)
    epoch: str = ""
    last_seq: int = 0
    read_ids: list[str] = field(default_factory=list)
    closes: Counter[int] = field(default_factory=Counter)
    resets: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Convoy:
    """So many cars at one port; `pause_s` is the longest that one waits before it comes back."""

    def __init__(self, port: int, token: str, how_many: int, pause_s: float) -> None:
        self._port = port
        self._token = token
        self._pause_s = pause_s
        self._poll = select.epoll()
        self._by_line: dict[int, Wagon] = {}
        self.cars = [Wagon() for _ in range(how_many)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for car in self.cars:
            if car.line is not None:
                car.line.close()
        self._poll.close()

    def drive_until(self, holds: Callable[[Wagon], bool], limit_s: float) -> float:
        """Serve all cars until it holds of every one; seconds it took. Fails after the limit."""
        began_s = time.monotonic()
        left = set(self.cars)
        while left := {car for car in left if not holds(car)}:
            assert time.monotonic() - began_s < limit_s, f"{len(left)} cars are not there after {limit_s} s"
            self._turn()
        return time.monotonic() - began_s

    def _turn(self) -> None:
        now_s = time.monotonic()
        opening = sum(car.line is not None and not car.welcomed for car in self.cars)
        due = [car for car in self.cars if car.line is None and car.due_s <= now_s]
        for car in due[: max(0, OPENING_AT_ONCE - opening)]:
            self._connect(car)
        for number, _ in self._poll.poll(0.1):
            car = self._by_line[number]
            try:
                self._take(car)
            except OSError:
                self._lose(car, 1006)

    def _connect(self, car: Wagon) -> None:
        try:
            line = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        except OSError:
            car.due_s = time.monotonic() + random.uniform(0, self._pause_s)
            return
        key = b64encode(os.urandom(16)).decode()
        line.sendall(
            f"GET /v1/hits/ws HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n".encode()
        )
        line.setblocking(False)
        car.line, car.welcomed = line, False
        car.buffer.clear()
        self._by_line[line.fileno()] = car
        self._poll.register(line.fileno(), select.EPOLLIN)

    def _lose(self, car: Wagon, code: int) -> None:
        assert car.line is not None
        car.closes[code] += 1
        self._poll.unregister(car.line.fileno())
        del self._by_line[car.line.fileno()]
        with contextlib.suppress(OSError):
            car.line.close()
        car.line, car.welcomed = None, False
        car.due_s = time.monotonic() + random.uniform(0, self._pause_s)

    def _take(self, car: Wagon) -> None:
        """What has come, frame by frame."""
        assert car.line is not None
        received = car.line.recv(262_144)
        if not received:
            raise ConnectionError
        car.buffer += received
        if car.buffer.startswith(b"HTTP") and not self._shaken(car):
            return
        for opcode, payload in _frames(car.buffer):
            if opcode == PING:
                car.line.sendall(_masked(PONG, payload))
            elif opcode == CLOSE:
                self._lose(car, struct.unpack("!H", payload[:2])[0])
                return
            elif opcode == TEXT:
                self._hold(car, json.loads(payload))

    def _shaken(self, car: Wagon) -> bool:
        """Whether the handshake is done; then the car says hello."""
        head, there, rest = bytes(car.buffer).partition(b"\r\n\r\n")
        if not there:
            return False
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head[:60])
        car.buffer[:] = rest
        resume = {"epoch": car.epoch, "seq": car.last_seq} if car.epoch else None
        assert car.line is not None
        car.line.sendall(_masked(TEXT, json.dumps({"type": "hello", "resume": resume}).encode()))
        return True

    def _hold(self, car: Wagon, frame: dict[str, Any]) -> None:
        if frame["type"] == "welcome":
            car.welcomed = True
            if not car.epoch:
                car.epoch, car.last_seq = frame["epoch"], frame["after_seq"]
        elif frame["type"] == "reset":
            car.resets.append(frame["reason"])
        elif "prev" in frame:
            if frame["prev"] != car.last_seq:
                car.wrong.append(f"{frame['seq']} follows on {frame['prev']}, not on {car.last_seq}")
            car.last_seq = frame["seq"]
            if frame["type"] == "hit":
                car.read_ids.append(frame["hit"]["read"]["read_id"])
