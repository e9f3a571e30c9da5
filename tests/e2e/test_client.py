"""The client of the package against the running service, on both sets."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from anpr_match.client import protocol
from anpr_match.client.acts import ActBox
from anpr_match.client.client import Client, Options, Stopped
from anpr_match.client.positions import FilePositions
from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.service import Service

WAIT_S = 60.0
QUICK = protocol.Limits(pause_max_s=1.0, restart_pause_s=0.5)


async def taken(car: Client, how_many: int) -> list[protocol.Deliver]:
    """The next events, all of them taken."""
    found: list[protocol.Deliver] = []
    async with asyncio.timeout(WAIT_S):
        async for news in car.events():
            found.append(news)
            if len(found) == how_many:
                await car.mark_taken(found[-1])
                return found
    raise AssertionError("unreachable")


async def post(desk: Desk, plate: str, *read_ids: str) -> None:
    await asyncio.to_thread(desk.post_reads, [a_read(read_id, plate) for read_id in read_ids])


def read_ids(found: list[protocol.Deliver]) -> list[str]:
    return [news.event.hit["read"]["read_id"] for news in found]


async def test_a_car_misses_nothing_over_restarts(service: Service, desk: Desk, tmp_path: Path) -> None:
    """Hits that came while the service was killed, and while the car was off, reach it once, in order."""
    plate = plates(31, 1)[0]
    desk.list_plate(plate)
    options = Options(positions=FilePositions(tmp_path / "position.json"), limits=QUICK)
    async with Client(desk.url, desk.patrol, options) as car:
        await car.connected()
        await post(desk, plate, "r1", "r2")
        assert read_ids(await taken(car, 2)) == ["r1", "r2"]
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)
        await post(desk, plate, "r3")
        assert read_ids(await taken(car, 1)) == ["r3"]
    await post(desk, plate, "r4", "r5")
    async with Client(desk.url, desk.patrol, options) as car:
        assert read_ids(await taken(car, 2)) == ["r4", "r5"]
        assert car.link.silent_s < WAIT_S


async def test_a_bad_token_stops_the_client(desk: Desk) -> None:
    """A client whose token is not good does not come back for ever: it says so."""
    async with Client(desk.url, "anpr_nobody", Options(limits=QUICK)) as car:
        with pytest.raises(Stopped) as stopped:
            async with asyncio.timeout(WAIT_S):
                await car.connected()
    assert stopped.value.code == 4401


async def test_acts_wait_for_the_link(service: Service, desk: Desk, tmp_path: Path) -> None:
    """Acts done while the service was away are kept over a restart of the device, sent when it is back, and
    count once, with the time at which they were done."""
    plate = plates(33, 1)[0]
    desk.list_plate(plate)
    kept = tmp_path / "acts.json"
    async with Client(desk.url, desk.patrol, Options(act_box=ActBox(kept), limits=QUICK)) as car:
        await car.connected()
        await post(desk, plate, "r1")
        (news,) = await taken(car, 1)
        await asyncio.to_thread(service.kill)
        done = await car.acknowledge(news.event.hit_id)
        await car.take("h-nobody")
    await asyncio.to_thread(service.start)
    async with Client(desk.url, desk.patrol, Options(act_box=ActBox(kept), limits=QUICK)) as car:
        async with asyncio.timeout(WAIT_S):
            await car.acts_sent()
        assert [(act.hit_id, status) for act, status in car.refused] == [("h-nobody", 404)]
    hit = desk.call("GET", f"/v1/hits/{news.event.hit_id}", desk.patrol).json()
    assert [act["kind"] for act in hit["acts"]] == ["acknowledge"]
    assert datetime.fromisoformat(hit["acts"][0]["at"]) == datetime.fromisoformat(done.body["at"])
