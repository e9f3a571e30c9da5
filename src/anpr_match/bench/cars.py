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


@dataclass(frozen=True, slots=True)
class Address:
    """Where the feed is. `token` goes into the handshake; with it each car says hello as a device of
    its own, and is open when it was welcomed."""

    port: int
    path: str = "/"
    token: str | None = None
    host: str = "127.0.0.1"


@dataclass(slots=True)
class Car:
    """One websocket: what is not parsed yet, and how many hits it had."""

    socket: socket.socket
    address: Address
    greeting: bytes
    buffer: bytearray = field(default_factory=bytearray)
    open: bool = False
    hits: int = 0


class Cars:
    """Any number of cars at any number of addresses; while some are waited for, all are served."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._cars: dict[int, Car] = {}
        self._made = 0
        self.last_text = b""

    def at(self, address: Address) -> dict[int, Car]:
        """The cars of one address, by their descriptors."""
        return {number: car for number, car in self._cars.items() if car.address == address}

    def open(self, address: Address, how_many: int, limit_s: float = 240.0) -> None:
        """Raises `TimeoutError` unless all are open within the limit, `ConnectionError` if one is cut."""
        end_s = time.monotonic() + limit_s
        there = len(self._cars)
        while (opened := sum(car.open for car in self._cars.values())) < there + how_many:
            while len(self._cars) < min(there + how_many, opened + OPENING_AT_ONCE):
                self._connect(address)
            self._once(end_s)

    def _connect(self, address: Address) -> None:
        made = socket.create_connection((address.host, address.port), timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._made += 1
        made.sendall(_handshake(address))
        made.setblocking(False)
        self._cars[made.fileno()] = Car(
            made, address, _hello(f"bench-{self._made}") if address.token else b""
        )
        self._poll.register(made.fileno(), select.EPOLLIN)

    def arrivals(self, address: Address, limit_s: float = 60.0) -> list[float]:
        """When the next hit arrived at each car of that address (`time.monotonic`)."""
        wanted = {number: car.hits + 1 for number, car in self.at(address).items()}
        came: dict[int, float] = {}
        end_s = time.monotonic() + limit_s
        while len(came) < len(wanted):
            for number, at_s in self._once(end_s):
                if number in wanted and self._cars[number].hits >= wanted[number]:
                    came.setdefault(number, at_s)
        return sorted(came.values())

    def leave(self, address: Address) -> None:
        for number, car in self.at(address).items():
            car.socket.close()
            del self._cars[number]

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
