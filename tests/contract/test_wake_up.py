"""What every wake-up guarantees: little, but that quickly."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from anpr_match.backends.local.wake_up import LocalWakeUp
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.limits import Limits
from anpr_match.backends.sql.wake_up import PostgresWakeUp
from anpr_match.domain.errors import Unavailable
from anpr_match.ports.wake_up import Bell, Listener, WakeUp
from tests.services.postgres import Postgres

LONG_S = 60.0
"""Longer than a test may take: who waits so long is woken by a ring or fails the test."""


@pytest.fixture(params=["memory", "local", "postgresql"])
async def wake_up(request: pytest.FixtureRequest) -> AsyncIterator[WakeUp]:
    """The wake-up of this process."""
    if request.param == "memory":
        yield MemoryWakeUp()
        return
    if request.param == "local":
        yield LocalWakeUp()
        return
    async with asyncio.TaskGroup() as tasks:
        process = await _running(tasks, request.getfixturevalue("postgres_url"))
        yield process.wake_up
        await process.end()


class _Process:
    """A wake-up on PostgreSQL that runs as the supervisor runs it."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, Limits(connections=2))
        self.wake_up = PostgresWakeUp(self.database, LocalWakeUp())
        self._stop = asyncio.Event()

    async def run(self) -> None:
        while not self._stop.is_set():
            try:
                await self.wake_up.run(self._stop)
            except Unavailable:
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        self._stop.set()
        await self.wake_up.close()
        await self.database.dispose()


async def _running(tasks: asyncio.TaskGroup, url: str) -> _Process:
    process = _Process(url)
    # It rings every bell once it hears others.
    ready = process.wake_up.listen(Bell.REGISTERS)
    tasks.create_task(process.run())
    await ready.wait(LONG_S)
    return process


async def _woken(listener: Listener) -> bool:
    """Whether a ring, and not the limit, ended the wait."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await listener.wait(LONG_S)
    return loop.time() - began_s < LONG_S / 2


async def test_ring(wake_up: WakeUp) -> None:
    """Whoever waits for a bell is woken by it."""
    listener = wake_up.listen(Bell.WATCHLIST)
    woken, _ = await asyncio.gather(_woken(listener), wake_up.ring(Bell.WATCHLIST))
    assert woken


async def test_ring_before_wait(wake_up: WakeUp) -> None:
    """Rings that come while nobody waits are remembered as one."""
    listener = wake_up.listen(Bell.WATCHLIST)
    await wake_up.ring(Bell.WATCHLIST)
    await wake_up.ring(Bell.WATCHLIST)
    assert await _woken(listener)
    await listener.wait(0.01)


async def test_other_bells(wake_up: WakeUp) -> None:
    """A bell wakes those who listen for it, all of them, and nobody else."""
    one, two = wake_up.listen(Bell.EVENTS), wake_up.listen(Bell.EVENTS)
    other = wake_up.listen(Bell.REGISTERS)
    await wake_up.ring(Bell.EVENTS)
    assert await _woken(one)
    assert await _woken(two)
    waiting = asyncio.ensure_future(other.wait(LONG_S))
    await asyncio.sleep(0)
    assert not waiting.done()
    await wake_up.ring(Bell.REGISTERS)
    await waiting


async def test_limit(wake_up: WakeUp) -> None:
    """A wait without a ring ends at its limit."""
    await wake_up.listen(Bell.EVENTS).wait(0.01)


async def test_no_listener(wake_up: WakeUp) -> None:
    """A ring that nobody hears does no harm, also after the end."""
    await wake_up.ring(Bell.EVENTS)
    await wake_up.close()
    await wake_up.ring(Bell.EVENTS)


async def test_close(wake_up: WakeUp) -> None:
    """Who waits when it is closed is woken."""
    listener = wake_up.listen(Bell.EVENTS)
    woken, _ = await asyncio.gather(_woken(listener), wake_up.close())
    assert woken


async def test_memory_notes_rings() -> None:
    """The memory notes each ring in order, for tests to look at."""
    wake_up = MemoryWakeUp()
    await wake_up.ring(Bell.EVENTS)
    await wake_up.ring(Bell.WATCHLIST)
    assert wake_up.rung == [Bell.EVENTS, Bell.WATCHLIST]


async def test_other_processes(postgres_url: str) -> None:
    """On PostgreSQL a ring wakes the listeners of every process, and of its own once."""
    async with asyncio.TaskGroup() as tasks:
        one, two = await _running(tasks, postgres_url), await _running(tasks, postgres_url)
        here, there = one.wake_up.listen(Bell.EVENTS), two.wake_up.listen(Bell.EVENTS)
        await one.wake_up.ring(Bell.EVENTS)
        assert await _woken(here)
        assert await _woken(there)
        await two.wake_up.ring(Bell.EVENTS)
        assert await _woken(here)
        await one.end()
        await two.end()


async def test_ring_without_run(postgres_url: str) -> None:
    """On PostgreSQL a process that does not listen itself, as a command, is heard by the others."""
    async with asyncio.TaskGroup() as tasks:
        service, command = await _running(tasks, postgres_url), _Process(postgres_url)
        listener = service.wake_up.listen(Bell.WATCHLIST)
        await command.wake_up.ring(Bell.WATCHLIST)
        assert await _woken(listener)
        await command.end()
        await service.end()


async def test_restart_of_the_server(own_postgres: Postgres) -> None:
    """On PostgreSQL the line comes back by itself after a restart, and whoever listens looks again."""
    url = own_postgres.url("anpr")
    async with asyncio.TaskGroup() as tasks:
        one, two = await _running(tasks, url), await _running(tasks, url)
        listener = one.wake_up.listen(Bell.EVENTS)
        own_postgres.kill()
        await two.wake_up.ring(Bell.EVENTS)
        own_postgres.start()
        assert await _woken(listener)
        await _until(lambda: two.wake_up.ring(Bell.REGISTERS), one.wake_up.listen(Bell.REGISTERS))
        await one.end()
        await two.end()


async def _until(ring: Callable[[], object], listener: Listener) -> None:
    """Ring until it is heard."""
    heard = asyncio.ensure_future(_woken(listener))
    while not heard.done():
        result = ring()
        assert asyncio.iscoroutine(result)
        await result
        await asyncio.wait([heard], timeout=0.1)
    assert heard.result()
