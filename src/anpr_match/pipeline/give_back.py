"""Giving memory that is no longer needed back to the system, so that a process does not grow for ever."""

import asyncio
from collections.abc import Callable

from anpr_match.pipeline.pause import pause


class GiveBack:
    """Calls `trim`, aside, every `every_s`."""

    def __init__(self, trim: Callable[[], None], every_s: float = 60.0) -> None:
        self._trim = trim
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await pause(stop, self._every_s)
            await asyncio.to_thread(self._trim)
