"""A producer that is started when it is first needed, and made anew after an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError

from anpr_match.backends.kafka.client import MEBIBYTE, Client, brokers, start, stop
from anpr_match.domain.errors import Unavailable


class LazyProducer:
    """Lets a service come up while the brokers are away."""

    def __init__(self, client: Client, request_bytes_max: int = MEBIBYTE, *, idempotent: bool = True) -> None:
        self._client = client
        self._request_bytes_max = request_bytes_max
        self._idempotent = idempotent
        self._producer: Any = None
        self._starting = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Any]:
        """The producer, within the time of a request. Raises `Unavailable`; an idempotent producer that
        saw an error may never write again, so the next caller gets a new one."""
        producer = await self._started()
        try:
            with brokers("written to"):
                async with asyncio.timeout(self._client.request_s):
                    yield producer
        except Unavailable as error:
            if isinstance(error.__cause__, KafkaError):
                await self._discard(producer)
            raise

    async def _started(self) -> Any:
        async with self._starting:
            if self._closed:
                raise Unavailable("the producer is closed")
            if self._producer is None:
                producer = self._client.producer(self._request_bytes_max, idempotent=self._idempotent)
                await start(producer, self._client.request_s)
                self._producer = producer
            return self._producer

    async def _discard(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
            await stop(producer)

    async def close(self) -> None:
        """Twice is once."""
        self._closed = True
        if self._producer is not None:
            await self._discard(self._producer)
