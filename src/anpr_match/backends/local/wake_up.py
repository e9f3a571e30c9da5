"""Bells within one process, by asyncio alone. Another process hears nothing of them."""

import asyncio
import weakref

from anpr_match.ports.wake_up import Bell


class LocalWakeUp:
    """To be used from one event loop."""

    def __init__(self) -> None:
        # Weak: a listener that nobody holds any more need not be told.
        self._listeners: dict[Bell, weakref.WeakSet[LocalListener]] = {
            bell: weakref.WeakSet() for bell in Bell
        }

    async def ring(self, bell: Bell) -> None:
        for listener in self._listeners[bell]:
            listener.rung()

    def listen(self, bell: Bell) -> "LocalListener":
        listener = LocalListener()
        self._listeners[bell].add(listener)
        return listener

    async def close(self) -> None:
        """Let whoever waits look once more."""
        for bell in Bell:
            await self.ring(bell)


class LocalListener:
    def __init__(self) -> None:
        self._news = asyncio.Event()

    def rung(self) -> None:
        self._news.set()

    async def wait(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()
