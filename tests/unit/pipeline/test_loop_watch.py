"""The watch over the event loop: a loop that hangs is counted and shown, one that hangs for good ends."""

import asyncio
import threading
import time

from structlog.testing import capture_logs

from anpr_match.pipeline.loop_watch import EXIT_CODE, Limits, LoopWatch
from anpr_match.telemetry.metrics import Metrics

QUICK = Limits(blocked_s=0.5, end_s=0.0, tick_s=0.02)
WAIT_S = 10.0


async def watched(watch: LoopWatch, hang_until: threading.Event | None) -> None:
    """The watch, over a loop that hangs once until the event is set."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(watch.run(stop))
        for _ in range(5):
            await asyncio.sleep(0.02)
        if hang_until is not None:
            hang_until.wait(WAIT_S)
        for _ in range(5):
            await asyncio.sleep(0.02)
        stop.set()


def blocked(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("anpr_loop_blocked_total")


async def test_a_loop_that_hangs_is_counted_once_with_the_place() -> None:
    """However long it hangs, it is one; the log names the function, and holds nothing of its data."""
    metrics, seen = Metrics("test"), threading.Event()
    plate = "AB01CDE"

    def look() -> None:
        end_s = time.monotonic() + WAIT_S
        while not blocked(metrics) and time.monotonic() < end_s:
            time.sleep(0.01)
        seen.set()

    with capture_logs() as logs:
        looking = threading.Thread(target=look)
        looking.start()
        await watched(LoopWatch(metrics, QUICK), seen)
        looking.join()
    (told,) = [entry for entry in logs if entry["event"] == "loop_blocked"]
    assert any(place.endswith(" watched") for place in told["places"])
    assert plate not in str(told)
    assert blocked(metrics) == 1


async def test_a_loop_that_hangs_for_good_ends_the_process() -> None:
    """After its time the process is ended, with a code that says that it was the software."""
    codes: list[int] = []
    ended = threading.Event()

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    await watched(LoopWatch(Metrics("test"), Limits(0.04, 0.1, 0.02), end), ended)
    assert codes == [EXIT_CODE]


async def test_a_loop_that_comes_round_is_left_in_peace() -> None:
    """Nothing is counted, and no thread is left when the watch ends."""
    metrics = Metrics("test")
    await watched(LoopWatch(metrics, Limits(5.0, 0.0, 0.02)), None)
    assert blocked(metrics) == 0
    assert "loop_watch" not in {thread.name for thread in threading.enumerate()}
