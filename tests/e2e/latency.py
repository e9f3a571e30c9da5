"""How long a read takes from the POST to the frame at a car, and an edit until it is live.

python -m tests.e2e.latency                              the embedded set
python -m tests.services python -m tests.e2e.latency     Kafka and PostgreSQL, started for it
"""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.car import Car
from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.service import Service
from tests.services.loopback import free_port

POSTS = 300


async def ways_ms(desk: Desk, car: Car, plate: str) -> list[float]:
    """Milliseconds from each POST to its hit at the car, one read after the other."""
    ways = []
    for number in range(POSTS):
        begun = time.perf_counter()
        before = len(car.hits)
        await asyncio.to_thread(desk.post_reads, [a_read(f"way-{number}", plate)])
        await car.until(lambda before=before: len(car.hits) > before)  # type: ignore[misc]  # bound default
        ways.append((time.perf_counter() - begun) * 1000)
    return ways


async def live_s(desk: Desk, car: Car, plate: str) -> float:
    """Seconds from listing a plate to the first hit of reads that are posted meanwhile."""
    desk.list_plate(plate)
    begun = time.perf_counter()
    number = 0
    while plate not in {listed for _, listed in car.pairs}:
        number += 1
        await asyncio.to_thread(desk.post_reads, [a_read(f"live-{plate}-{number}", plate)])
        await asyncio.sleep(0.02)
    return time.perf_counter() - begun


async def measured(desk: Desk) -> dict[str, float]:
    first, *others = plates(20, 6)
    async with desk.car() as car:
        edits = [await live_s(desk, car, plate) for plate in [first, *others]]
        ways = sorted(await ways_ms(desk, car, first))
    return {
        "posts": POSTS,
        "post_to_frame_p50_ms": round(statistics.median(ways), 1),
        "post_to_frame_p99_ms": round(ways[int(POSTS * 0.99)], 1),
        "edit_live_max_s": round(max(edits), 2),
    }


def main() -> None:
    env = {name: value for name, value in os.environ.items() if name.startswith("ANPR_")}
    with tempfile.TemporaryDirectory() as folder:
        service = Service(env, Path(folder), free_port())
        if "ANPR_DATABASE__URL" in env:
            service.upgrade_database()
        desk = Desk.register(service)
        service.start()
        with contextlib.closing(desk.client):
            figures = asyncio.run(measured(desk))
        service.stop()
    json.dump(figures, sys.stdout)
    print()


if __name__ == "__main__":
    main()
