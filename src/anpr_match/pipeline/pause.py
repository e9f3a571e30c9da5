"""Waiting between tries, in a way that a stop ends at once."""

import asyncio


async def pause(stop: asyncio.Event, wait_s: float) -> None:
    """Return after `wait_s` seconds, or as soon as `stop` is set."""
    try:
        async with asyncio.timeout(wait_s):
            await stop.wait()
    except TimeoutError:
        return
