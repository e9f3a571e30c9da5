"""Many websockets held by one thread that does nothing but note when frames arrive.

No event loop and no websocket library: what the clients cost must not be measured with the server, and
the clock is read as soon as the kernel hands the bytes over.
"""

import base64
import json
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

OPENING_AT_ONCE = 100
MARKS = (b'{"type":"hit"', b'{"type": "hit"')
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass(slots=True)
class Car:
    """One websocket: what is not parsed yet, and when each hit arrived."""

    socket: socket.socket
    greeting: bytes
    buffer: bytearray = field(default_factory=bytearray)
    open: bool = False
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the feed is. `token` goes into the handshake; with it each car says hello as a device of
    its own, and is open when it was welcomed."""

    port: int
    path: str = "/"
    token: str | None = None
    host: str = "127.0.0.1"


class Cars:
    """Any number of cars at one address."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._poll = select.epoll()
        self._cars: dict[int, Car] = {}
        self._made = 0
        self.last_text = b""

    def __len__(self) -> int:
        return len(self._cars)

    def open(self, how_many: int, limit_s: float = 120.0) -> None:
        """Raises `TimeoutError` unless all are open within the limit, `ConnectionError` if one is cut."""
        wanted = len(self._cars) + how_many
        end_s = time.monotonic() + limit_s
        while (opened := sum(car.open for car in self._cars.values())) < wanted:
            while len(self._cars) < min(wanted, opened + OPENING_AT_ONCE):
                self._connect()
            self._once(end_s)

    def _connect(self) -> None:
        made = socket.create_connection((self._address.host, self._address.port), timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._made += 1
        made.sendall(_handshake(self._address))
        made.setblocking(False)
        car = Car(made, _hello(f"bench-{self._made}") if self._address.token else b"")
        self._cars[made.fileno()] = car
        self._poll.register(made.fileno(), select.EPOLLIN)

    def arrivals(self, limit_s: float = 30.0) -> list[float]:
        """When the next hit arrived at each car (`time.monotonic`)."""
        wanted = {number: car.hits + 1 for number, car in self._cars.items()}
        came: dict[int, float] = {}
        end_s = time.monotonic() + limit_s
        while len(came) < len(wanted):
            for number, at_s in self._once(end_s):
                if self._cars[number].hits >= wanted[number]:
                    came.setdefault(number, at_s)
        return sorted(came.values())

    def idle(self, wait_s: float) -> None:
        """Answer pings for a while."""
        end_s = time.monotonic() + wait_s
        while time.monotonic() < end_s:
            self._answer(0.1)

    def _once(self, end_s: float) -> list[tuple[int, float]]:
        if time.monotonic() > end_s:
            raise TimeoutError("the server was too slow for this measurement")
        return self._answer(0.5)

    def _answer(self, wait_s: float) -> list[tuple[int, float]]:
        """Take what has come; which cars took something, and when."""
        taken = []
        for number, _ in self._poll.poll(wait_s):
            car = self._cars[number]
            received = car.socket.recv(262_144)
            taken.append((number, time.monotonic()))
            if not received:
                raise ConnectionError("the server closed a connection while it was measured")
            car.buffer += received
            self._parse(car)
        return taken

    def _parse(self, car: Car) -> None:
        if not car.open and not self._opened(car):
            return
        for opcode, payload in _frames(car.buffer):
            if opcode == TEXT and payload.startswith(MARKS):
                car.hits += 1
                self.last_text = payload
            elif opcode == PING:
                car.socket.sendall(_masked(PONG, payload))
            elif opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                raise ConnectionError(f"the server closed a connection with {code}")

    def _opened(self, car: Car) -> bool:
        """Whether the handshake and, where there is one, the welcome are complete."""
        if car.buffer[:4] == b"HTTP":
            head, there, rest = bytes(car.buffer).partition(b"\r\n\r\n")
            if not there:
                return False
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(f"the handshake was refused: {head[:60]!r}")
            car.buffer[:] = rest
            if not car.greeting:
                car.open = True
                return True
            car.socket.sendall(car.greeting)
        car.open = b'"welcome"' in car.buffer
        return car.open

    def close(self) -> None:
        for car in self._cars.values():
            car.socket.close()
        self._cars.clear()
        self._poll.close()


def _handshake(address: Address) -> bytes:
    token = f"Authorization: Bearer {address.token}\r\n" if address.token else ""
    return (
        f"GET {address.path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n{token}\r\n"
    ).encode()


def _hello(device: str) -> bytes:
    return _masked(TEXT, json.dumps({"type": "hello", "device": device, "resume": None}).encode())


def _masked(opcode: int, payload: bytes) -> bytes:
    """A frame as a client must send it; masked with zeros, which changes nothing."""
    size = len(payload)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | size) if size < 126 else b""
    if not head:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    return head + b"\0\0\0\0" + payload


def _frames(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the whole frames out of the buffer."""
    while len(buffer) >= 2:
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        yield opcode, payload
