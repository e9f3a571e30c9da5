"""Lines that break in every way: each car ends with every event once and in order, or is told of a gap.

The service is a process, and the cars are foreign. Waits are shortened by settings; nothing else is. What
is about the line alone is tried on the embedded set, the rest on both.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e import road as roads
from tests.e2e.desk import Desk
from tests.e2e.road import QUICK, Road
from tests.e2e.rover import Rover, StreamRover
from tests.e2e.service import Service
from tests.services import loopback, network
from tests.services.link import Link
from tests.services.postgres import Postgres

# The first test starts the service, and the servers that it stands on.
pytestmark = pytest.mark.timeout(300)

on_embedded = pytest.mark.parametrize("service", ["embedded"], indirect=True)
on_both = pytest.mark.parametrize("service", ["embedded", "scaleout"], indirect=True)


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for the tests of a set, each of which has a plate of its own."""
    with contextlib.ExitStack() as stack:
        env = scaleout(request, stack) if request.param == "scaleout" else {}
        service = Service({**QUICK, **env}, tmp_path_factory.mktemp("cuts"), loopback.free_port())
        stack.callback(service.kill)
        yield service


def scaleout(request: pytest.FixtureRequest, stack: contextlib.ExitStack) -> dict[str, str]:
    """The settings that lead to the run's broker, and to a database that is gone with the stack."""
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"anpr_cuts_{os.getpid()}"
    url = postgres.create(name, request.getfixturevalue("_template"))
    stack.callback(postgres.drop, name)
    return {
        "ANPR_KAFKA__BOOTSTRAP": request.getfixturevalue("kafka_bootstrap"),
        "ANPR_KAFKA__READS_TOPIC": f"{name}.reads",
        "ANPR_KAFKA__DEAD_LETTERS_TOPIC": f"{name}.dlq",
        "ANPR_KAFKA__GROUP": name,
        "ANPR_KAFKA__PARTITIONS": "3",
        "ANPR_DATABASE__URL": url,
    }


@pytest.fixture(scope="module")
def desk(service: Service) -> Iterator[Desk]:
    """Tokens and calls; the service is up by then."""
    desk = Desk.register(service)
    service.start()
    yield desk
    desk.client.close()


@pytest.fixture
async def road(service: Service, desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Road]:
    """The service with a plate that no other test has."""
    async with roads.opened(service, desk, request.node.name) as made:
        yield made


@on_both
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


@on_both
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


@on_embedded
async def test_a_client_that_went_without_a_word_is_freed(road: Road) -> None:
    """Half-open: the server is told nothing, has nothing to send but heartbeats, and lets go all the same."""
    with Link(road.service.port, buffer_bytes=8_192) as link:
        async with Rover(link.url, road.desk.patrol):
            await road.until_metric("anpr_feed_connections", 1)
            link.forget_clients()
        took_s = await road.until_metric("anpr_feed_connections")
        print(f"half-open: freed after {took_s:.1f} s with ping_s = 3")


@on_embedded
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


@on_embedded
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


@on_both
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


@on_both
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
    await road.erase(floor_seq)
    await asyncio.to_thread(road.service.start)
    async with car:
        await road.post(1)
        await car.until(lambda: car.read_ids[-1:] == road.posted[-1:])
    assert car.resets == ["too_old"]
    assert car.read_ids == road.posted[:2] + road.posted[6:]


@on_embedded
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


@on_both
async def test_a_stream_that_takes_nothing_is_cut_off(road: Road) -> None:
    """An event stream is closed as too slow, and nothing is left of its connection soon after; it comes
    back and has lost nothing."""
    with Link(road.service.port, buffer_bytes=8_192) as link:
        async with (
            StreamRover(link.url, road.desk.patrol) as slow,
            Rover(road.url, road.desk.analyst) as other,
        ):
            await road.post(1)
            await road.arrived(slow)
            (port,) = link.ports
            before = await road.metric('anpr_feed_closes_total{code="4408"}')
            link.stall()
            await road.post(200)
            await road.arrived(other)
            await road.until_metric('anpr_feed_closes_total{code="4408"}', before + 1)
            took_s = await road.until_freed(port)
            print(f"stalled stream: freed {took_s:.1f} s after it was closed, tcp_user_timeout_s = 4")
            link.reset()
            link.flow()
            await road.arrived(slow)
    assert len(slow.read_ids) == 201
    assert slow.resets == []


@on_embedded
async def test_a_stream_whose_client_is_gone_is_freed(road: Road) -> None:
    """Without a network nobody acknowledges heartbeats: the stream is let go, and its client goes on later
    where it was."""
    has_network = network.allowed()
    with contextlib.ExitStack() as stack:
        if has_network:
            cable = stack.enter_context(network.Network(2))
            pull, plug = cable.pull, cable.plug

            async def dial() -> socket.socket:
                return await asyncio.to_thread(cable.dial, road.service.port)

            car = StreamRover(f"http://{cable.address}:{road.service.port}", road.desk.patrol, dial=dial)
        else:
            link = stack.enter_context(Link(road.service.port, buffer_bytes=8_192))
            pull, plug = link.stall, link.flow
            car = StreamRover(link.url, road.desk.patrol)
        car.url_of_rest = road.url
        async with car:
            await road.post(5)
            await road.arrived(car)
            pull()
            if not has_network:
                # A stalled line takes heartbeats for long; hits fill it.
                await road.post(200)
            took_s = await road.until_metric("anpr_feed_connections")
            print(f"stream without a network: freed after {took_s:.1f} s")
            await road.post(30)
            plug()
            await road.arrived(car)
    assert car.resets == []
