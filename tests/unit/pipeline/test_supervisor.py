"""The supervisor: parts are started, watched, restarted when the outside is away, and ended in order."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from anpr_match.domain.errors import Unavailable
from anpr_match.pipeline.supervisor import Limits, Supervisor
from anpr_match.telemetry.metrics import Metrics

Run = Callable[[asyncio.Event], Awaitable[None]]
QUICK = Limits(stop_s=0.5, pause_first_s=0.001, pause_max_s=0.002)


def a_part(name: str, ended: list[str], started: asyncio.Event | None = None) -> Run:
    async def run(stop: asyncio.Event) -> None:
        if started:
            started.set()
        await stop.wait()
        ended.append(name)

    return run


async def test_stop_ends_parts_in_reverse_order() -> None:
    """Stopping ends the parts last added first."""
    ended: list[str] = []
    started = asyncio.Event()
    supervisor = Supervisor(Metrics("test"), QUICK)
    supervisor.add("first", a_part("first", ended))
    supervisor.add("second", a_part("second", ended, started))
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        await started.wait()
        supervisor.stop()
    assert ended == ["second", "first"]


async def test_a_failed_part_ends_the_service_and_the_others() -> None:
    """A part that raises ends all the others, and the run raises what it raised."""
    ended: list[str] = []

    async def fails(stop: asyncio.Event) -> None:
        raise ValueError("broken")

    supervisor = Supervisor(Metrics("test"), QUICK)
    supervisor.add("whole", a_part("whole", ended))
    supervisor.add("broken", fails)
    with pytest.raises(ValueError, match="broken"):
        await supervisor.run()
    assert ended == ["whole"]


async def test_a_part_that_just_returns_ends_the_service() -> None:
    """A part that returns although nobody asked it to is a failure, named."""

    async def returns(stop: asyncio.Event) -> None:
        return

    supervisor = Supervisor(Metrics("test"), QUICK)
    supervisor.add("gone", returns)
    with pytest.raises(RuntimeError, match="gone"):
        await supervisor.run()


async def test_an_unavailable_part_is_started_again_and_counted() -> None:
    """A part whose outside is away is started again until it is back."""
    tries = 0
    metrics = Metrics("test")
    supervisor = Supervisor(metrics, QUICK)

    async def comes_back(stop: asyncio.Event) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise Unavailable
        supervisor.stop()
        await stop.wait()

    supervisor.add("log", comes_back)
    await supervisor.run()
    assert tries == 4
    assert metrics.registry.get_sample_value("anpr_task_restarts_total", {"task": "log"}) == 3


async def test_a_part_that_will_not_end_is_cancelled() -> None:
    """A part that ignores its stop is cancelled once its time is over."""
    cancelled = asyncio.Event()

    async def stubborn(stop: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    supervisor = Supervisor(Metrics("test"), Limits(stop_s=0.02))
    supervisor.add("stubborn", stubborn)
    supervisor.stop()
    await supervisor.run()
    assert cancelled.is_set()


async def test_stop_may_come_first_and_twice() -> None:
    """A stop before the start, and a second one, are both well."""
    supervisor = Supervisor(Metrics("test"), QUICK)
    supervisor.add("part", a_part("part", []))
    supervisor.stop()
    supervisor.stop()
    await supervisor.run()


async def test_starting_and_stopping_hundreds_of_times_leaves_nothing_behind() -> None:
    """Three hundred starts and stops end every part and leave no task."""
    ended: list[str] = []
    for _ in range(300):
        supervisor = Supervisor(Metrics("test"), QUICK)
        supervisor.add("a", a_part("a", ended))
        supervisor.add("b", a_part("b", ended))
        async with asyncio.TaskGroup() as group:
            group.create_task(supervisor.run())
            group.create_task(_stop_soon(supervisor))
    assert len(asyncio.all_tasks()) == 1


async def _stop_soon(supervisor: Supervisor) -> None:
    await asyncio.sleep(0)
    supervisor.stop()
