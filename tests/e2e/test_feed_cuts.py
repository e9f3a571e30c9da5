"""Lines that break in every way: each car ends with every event once and in order, or is told of a gap.

The service is a process, and the cars are foreign. Waits are shortened by settings; nothing else is.
"""

import asyncio
import contextlib
import itertools
import re
import socket
import sqlite3
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.rover import WAIT_S, Rover
from tests.e2e.service import Service
from tests.services import loopback, network
from tests.services.link import Link

# The first test starts the service, and makes its registers by the command line.
pytestmark = pytest.mark.timeout(300)

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
CARS = 300
LONG = "x" * 60


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

    async def arrived(self, car: Rover) -> None:
        """The car has all that was posted from now back to where it began, once and in order."""
        await car.until(lambda: car.read_ids[-1:] == self.posted[-1:])
        assert car.wrong == []
        assert car.read_ids == self.posted[-len(car.read_ids) :]
        assert car.seqs == sorted(set(car.seqs))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service on the embedded set for the whole file, each test with a token of its own."""
    service = Service(QUICK, tmp_path_factory.mktemp("cuts"), loopback.free_port())
    yield service
    service.kill()


@pytest.fixture(scope="module")
def _desk(service: Service) -> Iterator[Desk]:
    desk = Desk.register(service)
    service.start()
    yield desk
    desk.client.close()


@pytest.fixture
async def road(service: Service, _desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Road]:
    """The service with a plate that no other test has."""
    plate = plates(zlib.crc32(request.node.name.encode()) % 10_000, 1)[0]
    assert _desk.list_plate(plate, reason=LONG).status_code == 201
    running = Road(service, _desk, plate)
    # The entry is live when it hits.
    async with Rover(running.url, _desk.patrol) as car:
        while not car.read_ids:
            await running.post(1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(car.until(lambda: bool(car.read_ids)), 0.3)
    running.posted.clear()
    yield running
    await running.until_metric("anpr_feed_connections")


async def test_a_line_that_breaks_in_every_way(road: Road) -> None:
    """Resets, cuts, stalls, forgotten clients and a thin line: nothing is missing, nothing comes twice."""
    with Link(road.service.port, buffer_bytes=8_192) as link:
        async with Rover(link.url, road.desk.patrol) as car:
            car.url_of_rest = road.url
            await road.post(20)
            await road.arrived(car)
            for break_it, mend in [
                (link.reset, link.mend),
                (link.cut, link.mend),
                (link.stall, link.flow),
                (link.forget_clients, link.mend),
                (lambda: link.throttle(20_000), lambda: link.throttle(None)),
            ]:
                break_it()
                await road.post(60)
                mend()
                await road.arrived(car)
            link.drop()
            await road.post(20)
            link.flow()
            link.reset()
            await road.arrived(car)
    assert len(car.read_ids) == 340
    assert car.resets == []


async def test_a_client_that_takes_nothing_is_cut_off(road: Road) -> None:
    """It is closed with 4408 and freed, others get all without delay, and it loses nothing by it."""
    with Link(road.service.port, buffer_bytes=8_192) as link:
        async with Rover(link.url, road.desk.patrol) as slow, Rover(road.url, road.desk.analyst) as other:
            await road.post(1)
            await road.arrived(slow)
            before = await road.metric('anpr_feed_closes_total{code="4408"}')
            link.stall()
            await road.post(200)
            await road.arrived(other)
            took_s = await road.until_metric('anpr_feed_closes_total{code="4408"}', before + 1)
            print(f"stalled: closed after {took_s:.1f} s with send_s = 2")
            link.flow()
            await road.arrived(slow)
    assert other.connections == 1


async def test_a_client_that_went_without_a_word_is_freed(road: Road) -> None:
    """Half-open: the server is told nothing, has nothing to send but heartbeats, and lets go all the same."""
    with Link(road.service.port, buffer_bytes=8_192) as link:
        async with Rover(link.url, road.desk.patrol):
            await road.until_metric("anpr_feed_connections", 1)
            link.forget_clients()
        took_s = await road.until_metric("anpr_feed_connections")
        print(f"half-open: freed after {took_s:.1f} s with ping_s = 3")


async def test_a_cable_that_is_pulled(road: Road) -> None:
    """Without a network packets are lost and nobody is told; the server lets go, and later nothing is
    missing."""
    with contextlib.ExitStack() as stack:
        if network.allowed():
            cable = stack.enter_context(network.Network(1))
            pull, plug = cable.pull, cable.plug
            url = f"http://{cable.address}:{road.service.port}"

            async def dial() -> socket.socket:
                return await asyncio.to_thread(cable.dial, road.service.port)

            car = Rover(url, road.desk.patrol, dial=dial)
        else:
            link = stack.enter_context(Link(road.service.port))
            pull, plug = link.stall, link.flow
            car = Rover(link.url, road.desk.patrol)
        async with car:
            await road.post(5)
            await road.arrived(car)
            pull()
            await road.post(30)
            took_s = await road.until_metric("anpr_feed_connections")
            print(f"cable pulled: freed after {took_s:.1f} s with tcp_user_timeout_s = 4")
            await road.post(30)
            plug()
            await road.arrived(car)
    assert len(car.read_ids) == 65
    assert car.resets == []


async def test_two_devices_of_one_unit(road: Road) -> None:
    """Each device has its own connection; a second connection of one closes the first with 4409."""
    async with (
        Rover(road.url, road.desk.patrol, device="tablet") as tablet,
        Rover(road.url, road.desk.patrol, device="phone") as phone,
    ):
        await road.post(3)
        # The one that is replaced stays away, as it is told to: else the two would fight.
        tablet.pause_s = 100
        async with Rover(road.url, road.desk.patrol, device="tablet") as second:
            await tablet.until(lambda: tablet.closes[4409] == 1)
            await road.post(3)
            await road.arrived(second)
            await road.arrived(phone)
    assert phone.connections == 1
    assert (len(phone.read_ids), len(second.read_ids)) == (6, 3)


async def test_a_kill_before_the_ack(road: Road) -> None:
    """Killed while events are on their way and none is acknowledged, the service comes back and goes on."""
    async with Rover(road.url, road.desk.patrol, device="tablet") as car:
        await road.post(1)
        await road.arrived(car)
        await road.post(300)
        await asyncio.to_thread(road.service.kill)
        await asyncio.to_thread(road.service.start)
        await road.post(20)
        await road.arrived(car)
    assert len(car.read_ids) == 321
    assert car.connections >= 2


async def test_a_restart_with_many_cars(road: Road) -> None:
    """Each is told to come back, comes back, and has every event once."""
    # So many cars in one process, this one, cannot answer as fast as the other tests ask for.
    patient = Service({**QUICK, "ANPR_HTTP__PING_S": "30"}, road.service.folder, road.service.port)
    await asyncio.to_thread(road.service.stop)
    await asyncio.to_thread(patient.start)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(road.service.start)
        stack.callback(patient.stop)
        cars = [Rover(road.url, road.desk.patrol) for _ in range(CARS)]
        for start in range(0, len(cars), 100):
            await asyncio.gather(*(stack.enter_async_context(car) for car in cars[start : start + 100]))
        await road.post(3)
        await asyncio.gather(*(road.arrived(car) for car in cars))
        for car in cars:
            car.pause_s = 3
            car.silent_s = WAIT_S
        assert await asyncio.to_thread(patient.stop) == 0
        began_s = time.monotonic()
        await asyncio.to_thread(patient.start)
        started_s = time.monotonic()
        await road.post(3)
        await asyncio.gather(*(road.arrived(car) for car in cars))
        print(
            f"{CARS} cars: {time.monotonic() - started_s:.1f} s after a start of {started_s - began_s:.1f} s"
        )
    assert {len(car.read_ids) for car in cars} == {6}
    assert all(car.closes[1012] >= 1 for car in cars)
    assert all(car.resets == [] for car in cars)


async def test_a_log_that_was_trimmed_meanwhile(road: Road) -> None:
    """A car whose place was erased is told so, fetches what is left, and goes on without a gap."""
    car = Rover(road.url, road.desk.patrol)
    async with car:
        await road.post(2)
        await road.arrived(car)
    await road.post(10)
    async with Rover(road.url, road.desk.analyst) as other:
        await road.post(1)
        await road.arrived(other)
    await asyncio.to_thread(road.service.stop)
    floor_seq = car.last_seq + 4
    with contextlib.closing(sqlite3.connect(_database(road.service.folder))) as database:
        database.execute("DELETE FROM event WHERE seq <= ?", (floor_seq,))
        database.commit()
    await asyncio.to_thread(road.service.start)
    async with car:
        await road.post(1)
        await car.until(lambda: car.read_ids[-1:] == road.posted[-1:])
    assert car.resets == ["too_old"]
    assert car.read_ids == road.posted[:2] + road.posted[6:]


async def test_ten_thousand_events_were_missed(road: Road) -> None:
    """Beyond the window there is an explicit reset, and REST has the rest; within it all come by the feed."""
    far, near = Rover(road.url, road.desk.patrol), Rover(road.url, road.desk.patrol)
    async with far:
        await road.post(1)
        await road.arrived(far)
    await road.post(5_500)
    async with near:
        await road.post(1)
        await road.arrived(near)
    await road.post(4_500)
    async with far, near:
        await asyncio.gather(road.arrived(far), road.arrived(near))
    assert (far.resets, near.resets) == (["too_old"], [])
    assert len(far.read_ids) == 10_002
    assert len(near.read_ids) >= 4_501


def _database(folder: Path) -> Path:
    return folder / "data" / "anpr-match.db"
