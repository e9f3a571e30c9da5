"""What a process says of itself in numbers: which of its checks hold, and the room on its disk."""

import asyncio
from collections.abc import Callable

from anpr_match.pipeline.pause import pause
from anpr_match.telemetry.health import Finding, Health
from anpr_match.telemetry.metrics import Metrics


class Vitals:
    """`free_bytes` tells the room left where this process keeps its data; with less than `free_bytes_min`
    the disk counts as full."""

    def __init__(
        self,
        health: Health,
        free_bytes: Callable[[], int],
        metrics: Metrics,
        free_bytes_min: int = 0,
        every_s: float = 5.0,
    ) -> None:
        self._health = health
        self._free_bytes = free_bytes
        self._metrics = metrics
        self._free_bytes_min = free_bytes_min
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.look()
            await pause(stop, self._every_s)

    async def look(self) -> None:
        for name, finding in (await self._health.findings()).items():
            self._metrics.check_ok.labels(check=name).set(int(finding.ok))
        self._metrics.data_free.set(await asyncio.to_thread(self._free_bytes))

    async def room(self) -> Finding:
        """Whether there is room for what is to be written: without it nothing is accepted or recorded."""
        free = await asyncio.to_thread(self._free_bytes)
        megabytes = f"{free / 1e6:,.0f} MB free"
        if free >= self._free_bytes_min:
            return Finding(ok=True, detail=megabytes)
        return Finding(ok=False, detail=f"disk_full: {megabytes} where the data lie")
