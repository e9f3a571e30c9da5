"""A running service with cars on the road: what was posted, what the service says, and what has arrived."""

import asyncio
import contextlib
import itertools
import re
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import sqlalchemy as sa

from anpr_match.backends.sql import tables
from anpr_match.backends.sql.engine import Database
from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.rover import WAIT_S, Rover
from tests.e2e.service import Service

QUICK = {
    "ANPR_FEED__HEARTBEAT_S": "2",
    "ANPR_FEED__SEND_S": "2",
    "ANPR_HTTP__TCP_USER_TIMEOUT_S": "4",
    "ANPR_HTTP__PING_S": "3",
    "ANPR_HTTP__HOST": "0.0.0.0",  # noqa: S104  one car comes from another network
    "ANPR_HTTP__UNSENT_BYTES_MAX": "32768",
    # Whether a look-alike is a hit is not what is counted here.
    "ANPR_MATCH__POSSIBLE": "0.998",
    "ANPR_MATCH__PROBABLE": "0.999",
    # Nobody answers these hits, and what becomes of them by itself is not what is counted here.
    "ANPR_ROUTING__PRIORITY_2_WIDER_AFTER_S": "36000",
    "ANPR_ROUTING__PRIORITY_2_CONTROL_ROOM_AFTER_S": "36000",
    "ANPR_ROUTING__EXPIRE_AFTER_S": "72000",
}
AT_ONCE = 1_000
LONG = "x" * 60
GONE = {"06", "0A"}
"""States of the kernel's table of connections: over and waiting, and listening."""


@dataclass
class Road:
    """A running service with a desk, and what was posted to it."""

    service: Service
    desk: Desk
    plate: str
    posted: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        return self.service.url

    async def post(self, how_many: int) -> None:
        """So many reads of a listed plate, each of which is a hit."""
        ids = [f"{self.plate}-{next(self._numbers)}" for _ in range(how_many)]
        for start in range(0, how_many, AT_ONCE):
            reads = [a_read(read_id, self.plate, confidence=0.9) for read_id in ids[start : start + AT_ONCE]]
            answer = await asyncio.to_thread(self.desk.post_reads, reads)
            assert answer.json()["accepted"] == len(reads), answer.text
        self.posted += ids

    async def head_seq(self) -> int:
        answer = await asyncio.to_thread(self.desk.call, "GET", "/v1/hits?after=0&limit=1", self.desk.patrol)
        return int(answer.json()["head_seq"])

    async def metric(self, name: str) -> float:
        async with httpx.AsyncClient() as http:
            text = (await http.get(f"{self.url}/metrics", timeout=WAIT_S)).text
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    async def until_metric(self, name: str, at_least: float | None = None, *, exactly: float = 0) -> float:
        """Wait until the metric is so; seconds that it took."""
        began_s = time.monotonic()
        async with asyncio.timeout(WAIT_S):
            while True:
                value = await self.metric(name)
                if (value >= at_least) if at_least is not None else (value == exactly):
                    return time.monotonic() - began_s
                await asyncio.sleep(0.1)

    def has_connection(self, peer_port: int) -> bool:
        """Whether the kernel keeps a connection of the service with this port."""
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            _, ours, theirs, state = line.split()[:4]
            ports = int(ours.rpartition(":")[2], 16), int(theirs.rpartition(":")[2], 16)
            if ports == (self.service.port, peer_port) and state not in GONE:
                return True
        return False

    async def until_freed(self, peer_port: int) -> float:
        """Wait until nothing is left of this connection; seconds that it took."""
        began_s = time.monotonic()
        async with asyncio.timeout(WAIT_S):
            while self.has_connection(peer_port):  # noqa: ASYNC110 it is the kernel's
                await asyncio.sleep(0.1)
        return time.monotonic() - began_s

    async def erase(self, through_seq: int) -> None:
        """Erase the beginning of the log, as is done with what was kept long enough."""
        database = Database(self.service.settings().database_url)
        erase = sa.delete(tables.event).where(tables.event.c.seq <= through_seq)
        await database.write(lambda connection: connection.execute(erase))
        await database.dispose()

    async def arrived(self, car: Rover) -> None:
        """The car has all that was posted from now back to where it began, once and in order."""
        await car.until(lambda: car.read_ids[-1:] == self.posted[-1:])
        assert car.wrong == []
        assert car.read_ids == self.posted[-len(car.read_ids) :]
        assert car.seqs == sorted(set(car.seqs))


@contextlib.asynccontextmanager
async def opened(service: Service, desk: Desk, name: str) -> AsyncIterator[Road]:
    """The service with a plate that no other test has; afterwards no car is left."""
    plate = plates(zlib.crc32(name.encode()) % 10_000, 1)[0]
    assert (await asyncio.to_thread(desk.list_plate, plate, reason=LONG)).status_code == 201
    road = Road(service, desk, plate)
    # The entry is live when it hits.
    async with Rover(road.url, desk.patrol) as car:
        while not car.read_ids:
            await road.post(1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(car.until(lambda: bool(car.read_ids)), 0.3)
        await car.until(lambda: car.read_ids[-1] == road.posted[-1])
    road.posted.clear()
    yield road
    await road.until_metric("anpr_feed_connections")
