"""How long from a camera's POST to the frame at a car, at a steady rate.

Posts leave by the clock, whether or not the ones before are answered, and the way of a read begins when
its post was due: a service that falls behind shows it.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anpr_match.bench import plates
from anpr_match.bench.served import CAMERA, Access
from anpr_match.client.client import Client, Options
from anpr_match.wire import feed

SETTLE_S = 10.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Every `hit_every`-th read hits: on a road, one in fifty at most. As many posts as `connections` may be
    on their way at once. What comes in the first `warm_up_s` does not count."""

    reads_per_s: int
    reads_per_post: int
    seconds: float
    hit_every: int = 10
    connections: int = 32
    warm_up_s: float = 2.0

    @property
    def posts(self) -> int:
        return int(self.seconds * self.reads_per_s / self.reads_per_post)


async def ways_s(access: Access, rate: Rate) -> list[float]:
    """The way of each read that hit, sorted. Raises `TimeoutError` when hits are missing."""
    url = f"http://127.0.0.1:{access.port}"
    due_s: dict[str, float] = {}
    arrived_s: dict[str, float] = {}
    run = f"{random.getrandbits(32):08x}"
    posts = _posts(access.plate, rate, run)
    wanted = {read["read_id"] for post in posts for read in post if read["plate"] == access.plate}
    async with Client(url, access.patrol, Options(feed.Hello(), queue_events=10_000)) as car:
        await car.connected()
        async with asyncio.TaskGroup() as both:
            both.create_task(_listen(car, wanted, arrived_s, rate.seconds + SETTLE_S))
            both.create_task(_pour(access, rate, posts, due_s))
    return sorted(arrived_s[read_id] - due_s[read_id] for read_id in wanted)


def _posts(listed: str, rate: Rate, run: str) -> list[list[dict[str, Any]]]:
    others = plates.fleet(rate.posts * rate.reads_per_post, 11)
    made = []
    for number in range(rate.posts * rate.reads_per_post):
        plate = listed if number % rate.hit_every == rate.hit_every - 1 else others[number]
        made.append({"read_id": f"{run}-{number}", "camera_id": CAMERA.camera_id, "plate": plate})
    size = rate.reads_per_post
    return [made[start : start + size] for start in range(0, len(made), size)]


async def _listen(car: Client, wanted: set[str], arrived_s: dict[str, float], limit_s: float) -> None:
    async with asyncio.timeout(limit_s):
        async for news in car.events():
            at_s = time.monotonic()
            read_id = news.event.hit.get("read", {}).get("read_id")
            # Among thousands of other plates one may be near enough to the listed one to be a hit too.
            if read_id in wanted:
                arrived_s.setdefault(read_id, at_s)
            if len(arrived_s) >= len(wanted):
                return


async def _pour(
    access: Access, rate: Rate, posts: list[list[dict[str, Any]]], due_s: dict[str, float]
) -> None:
    waiting: asyncio.Queue[list[dict[str, Any]] | None] = asyncio.Queue()
    async with asyncio.TaskGroup() as doors:
        for _ in range(rate.connections):
            doors.create_task(_door(access, waiting))
        began_s = time.monotonic() + 0.5
        for number, post in enumerate(posts):
            at_s = began_s + number * rate.reads_per_post / rate.reads_per_s
            await asyncio.sleep(at_s - time.monotonic())
            due_s.update({read["read_id"]: at_s for read in post})
            waiting.put_nowait(post)
        for _ in range(rate.connections):
            waiting.put_nowait(None)


async def _door(access: Access, waiting: asyncio.Queue[list[dict[str, Any]] | None]) -> None:
    """One connection that is kept open, as a camera's is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", access.port)
    try:
        while (post := await waiting.get()) is not None:
            now = datetime.now(UTC).isoformat()
            body = json.dumps([{**read, "captured_at": now} for read in post]).encode()
            head = (
                f"POST /v1/reads HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {access.camera}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await _answer(reader)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 202 " not in head.split(b"\r\n")[0]:
        raise ConnectionError(f"a post was answered {head.split()[1].decode()}")
    size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(size.split(b":")[1]))
