"""Bells within one test, with a note of each that was rung."""

import asyncio

from anpr_match.ports.wake_up import Bell


class MemoryWakeUp:
    """`rung` are the bells in the order they were rung."""

    def __init__(self) -> None:
        self.rung: list[Bell] = []
        self._news: dict[Bell, list[asyncio.Event]] = {bell: [] for bell in Bell}

    async def ring(self, bell: Bell) -> None:
        self.rung.append(bell)
        for news in self._news[bell]:
            news.set()

    def listen(self, bell: Bell) -> "MemoryListener":
        news = asyncio.Event()
        self._news[bell].append(news)
        return MemoryListener(news)

    async def close(self) -> None:
        for bells in self._news.values():
            for news in bells:
                news.set()


class MemoryListener:
    def __init__(self, news: asyncio.Event) -> None:
        self._news = news

    async def wait(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()
