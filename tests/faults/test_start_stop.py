"""The whole service, started and stopped again and again in one process, leaves nothing behind."""

import asyncio
import gc
import os
import threading
from pathlib import Path

import httpx
import pytest

from anpr_match.bootstrap.service import service
from anpr_match.settings import Data, Http, Settings

TIMES = int(os.environ.get("FAULTS_STARTS", "20"))
WARM = 2
ENDED_S = 10.0


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 as the kernel counts them


def threads() -> set[str]:
    """Without those of the loop's own pool, which grows to its bound in its own time."""
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}


async def once(folder: Path, *, until_ready: bool) -> None:
    """Start, stop, and see everything ended; at once, or when it was ready."""
    settings = Settings(data=Data(dir=folder), http=Http(port=0))
    async with service(settings) as built, asyncio.timeout(30), asyncio.TaskGroup() as both:
        both.create_task(built.supervisor.run())
        if until_ready:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{built.server.port}") as client:
                while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 it is asked as others ask
                    await asyncio.sleep(0.02)
        else:
            await asyncio.sleep(0)
        built.supervisor.stop()


@pytest.mark.timeout(120 + TIMES * 10)
async def test_starts_and_stops_leave_nothing_behind(tmp_path: Path) -> None:
    """After many starts and stops, some broken off at once, there are as many tasks, threads and open
    files as before."""
    for _ in range(WARM):
        await once(tmp_path, until_ready=True)
    files, before = open_files(), threads()
    for number in range(TIMES):
        await once(tmp_path, until_ready=number % 4 == 0)
    assert len(asyncio.all_tasks()) == 1
    async with asyncio.timeout(ENDED_S):
        while not threads() <= before:  # noqa: ASYNC110 a thread that was told to end says nothing when it has
            await asyncio.sleep(0.02)
    assert open_files() <= files
