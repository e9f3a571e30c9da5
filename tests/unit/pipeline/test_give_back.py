"""Memory that is no longer needed goes back to the system."""

import asyncio
import threading

from anpr_match.pipeline.give_back import give_back


async def test_it_is_given_back_again_and_again_and_aside() -> None:
    """It goes on until it is stopped, and never in the thread of the event loop."""
    threads: list[int] = []
    thrice, loop = asyncio.Event(), asyncio.get_running_loop()

    def trim() -> None:
        threads.append(threading.get_ident())
        if len(threads) == 3:
            loop.call_soon_threadsafe(thrice.set)

    stop = asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(give_back(trim, stop, every_s=0.001))
        await thrice.wait()
        stop.set()
    assert threading.get_ident() not in threads
