"""Many small writes as few large ones, when they come faster than the store takes them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from anpr_match.domain.errors import AnprMatchError

T = TypeVar("T")


class _Batch(Generic[T]):
    def __init__(self) -> None:
        self.things: list[T] = []
        self.written = False
        self.failure: AnprMatchError | None = None


class Together(Generic[T]):
    """Writes one by one while it is quiet. What comes while a write is under way is written in one go after
    it: a thousand cars that come back at once cost a few transactions."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]], most: int = 500) -> None:
        self._write = write
        self._most = most
        self._turn = asyncio.Lock()
        self._gathering: _Batch[T] = _Batch()

    async def put(self, thing: T) -> None:
        """Returns when it is written. Raises what the write of it and those with it raised. If the one that
        writes for all is cancelled, the next does, and some may be written twice."""
        if len(self._gathering.things) >= self._most:
            self._gathering = _Batch()
        batch = self._gathering
        batch.things.append(thing)
        async with self._turn:
            if not batch.written and batch.failure is None:
                await self._write_all(batch)
        if batch.failure is not None:
            raise batch.failure

    async def _write_all(self, batch: _Batch[T]) -> None:
        if batch is self._gathering:
            self._gathering = _Batch()
        try:
            await self._write(batch.things)
            batch.written = True
        except AnprMatchError as error:
            batch.failure = error
