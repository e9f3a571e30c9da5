"""The service is restarted while a thousand cars hang on it."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e import road as roads
from tests.e2e.convoy import Convoy, Wagon
from tests.e2e.desk import Desk
from tests.e2e.road import QUICK, Road
from tests.e2e.service import Service
from tests.services import loopback

pytestmark = pytest.mark.timeout(300)

CARS = 1_000
LIMIT_S = 120.0
PAUSE_S = 3.0
"""What a car waits at most before it comes back; the service asks for up to 15 s."""


@pytest.fixture
async def road(tmp_path: Path) -> AsyncIterator[Road]:
    """One process with every role, on files; it and this one may open as many sockets as there are cars."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 2 * CARS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
    # The cars are one process; on a busy machine it does not answer pings as fast as other tests ask for.
    service = Service(
        {**QUICK, "ANPR_HTTP__PING_S": "60", "ANPR_FEED__SEND_S": "60"}, tmp_path, loopback.free_port()
    )
    desk = Desk.register(service)
    await asyncio.to_thread(service.start)
    with contextlib.closing(desk.client):
        async with roads.opened(service, desk, "restart") as made:
            yield made
        service.kill()


async def test_a_restart_with_a_thousand_cars(road: Road) -> None:
    """Each is told to come back (1012), comes back at a time of its own, and has every event once, in order,
    also what was recorded while it was away."""

    def has_all(car: Wagon) -> bool:
        return len(car.read_ids) >= len(road.posted)

    with Convoy(road.service.port, road.desk.patrol, CARS, PAUSE_S) as convoy:

        async def until(limit_s: float = LIMIT_S) -> float:
            return await asyncio.to_thread(convoy.drive_until, has_all, limit_s)

        opened_s = await asyncio.to_thread(convoy.drive_until, lambda car: car.welcomed, LIMIT_S)
        await road.post(3)
        await until()
        stopping = asyncio.create_task(asyncio.to_thread(road.service.stop))
        told_s = await asyncio.to_thread(convoy.drive_until, lambda car: bool(car.closes), LIMIT_S)
        assert await stopping == 0
        await asyncio.to_thread(road.service.start)
        await road.post(3)
        back_s = await until()
        print(f"\n{CARS} cars: open in {opened_s:.1f} s, told in {told_s:.1f} s, back in {back_s:.1f} s")
    assert {tuple(car.read_ids) for car in convoy.cars} == {tuple(road.posted)}
    assert all(car.closes[1012] >= 1 for car in convoy.cars)
    assert [car.wrong + car.resets for car in convoy.cars if car.wrong or car.resets] == []
