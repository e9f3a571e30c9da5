"""Giving memory that is no longer needed back to the system, so that a process does not grow for ever."""

import asyncio
from collections.abc import Callable

from anpr_match.pipeline.pause import pause


async def give_back(trim: Callable[[], None], stop: asyncio.Event, every_s: float = 60.0) -> None:
    """Call `trim`, aside, every `every_s`."""
    while not stop.is_set():
        await pause(stop, every_s)
        await asyncio.to_thread(trim)
