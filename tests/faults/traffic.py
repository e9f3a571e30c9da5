"""Reads on their way in, by a producer that does not give up: each is sent until it is accepted."""

import asyncio
import json
from itertools import islice
from typing import Any, Protocol

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.faults.fleet import Fleet
from tests.faults.ledger import Ledger

CHUNK = 1_000
AGAIN_S = 0.2
PARTS = 40
SPREAD_S = 0.3
TOPIC = "anpr.reads.v1"

Reads = list[dict[str, Any]]


class Source(Protocol):
    """Where reads come from."""

    async def send(self, reads: Reads) -> None:
        """Return when all are accepted. May send one twice, as cameras do."""
        ...

    async def close(self) -> None: ...


class Door:
    """Reads by HTTP."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=httpx.Timeout(15)
        )

    async def send(self, reads: Reads) -> None:
        while True:
            try:
                answer = await self._client.post("/v1/reads", json=reads)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 202:
                assert answer.json()["accepted"] == len(reads)
                return
            assert answer is None or answer.status_code in {500, 503}, answer.text
            await asyncio.sleep(AGAIN_S)

    async def close(self) -> None:
        await self._client.aclose()


class Broker:
    """Reads by a foreign producer, with the camera as the key."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None

    async def send(self, reads: Reads) -> None:
        left = reads
        while left:
            try:
                left = await self._sent(left)
            except (KafkaError, TimeoutError):
                await self.close()
            if left:
                await asyncio.sleep(AGAIN_S)

    async def _sent(self, reads: Reads) -> Reads:
        """Those that were not acknowledged."""
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap, acks="all", request_timeout_ms=5_000
            )
            # Kept before it is started: one that found no broker is to be closed too.
            self._producer = producer
            await producer.start()
        async with asyncio.timeout(15):
            sent = [
                await self._producer.send(TOPIC, json.dumps(read).encode(), read["camera_id"].encode())
                for read in reads
            ]
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
        return [
            read for read, outcome in zip(reads, outcomes, strict=True) if isinstance(outcome, BaseException)
        ]

    async def raw(self, values: list[bytes], partition: int) -> None:
        """Bytes as they are, onto one partition."""
        async with AIOKafkaProducer(bootstrap_servers=self._bootstrap) as producer:
            for value in values:
                await producer.send_and_wait(TOPIC, value, partition=partition)

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(2):
                    await producer.stop()
            except (KafkaError, TimeoutError):
                await producer.client.close()


def source(fleet: Fleet) -> Source:
    return Door(fleet.front.url, fleet.desk.camera) if fleet.kafka is None else Broker(fleet.kafka.bootstrap)


async def send(to: Source, ledger: Ledger, how_many: int, during: asyncio.Future[None] | None = None) -> None:
    """So many reads of the ledger, in chunks; spread over the time that `during` takes, if it is given."""
    reads = ledger.reads(how_many)
    size = CHUNK if during is None else max(1, min(CHUNK, how_many // PARTS))
    while chunk := list(islice(reads, size)):
        await to.send(chunk)
        if during is not None:
            await asyncio.wait([during], timeout=SPREAD_S)
