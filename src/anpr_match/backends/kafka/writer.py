"""The end of the reads topic that the HTTP door writes."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.producer import LazyProducer
from anpr_match.domain.errors import Full
from anpr_match.domain.read import Read
from anpr_match.wire import read as wire_read

BATCH_READS_MIN = 20
KEYS_MAX = 100_000


class KafkaReadLogWriter:
    """Key is the camera, so that the reads of one camera stay in order.

    A few reads go one by one, and the producer joins them with those of other callers; many go as
    batches of our own, which costs a tenth a read.
    """

    def __init__(self, client: Client, topic: str, queue_reads_max: int = 100_000) -> None:
        self._producer = LazyProducer(client)
        self._topic = topic
        self._queue_reads_max = queue_reads_max
        self._waiting_reads = 0
        self._hashes: dict[str, int] = {}

    async def append(self, reads: Sequence[Read]) -> None:
        if self._waiting_reads + len(reads) > self._queue_reads_max and self._waiting_reads:
            raise Full("too many reads are waiting to be written to Kafka")
        self._waiting_reads += len(reads)
        try:
            async with self._producer.writing() as producer:
                send = self._send_each if len(reads) < BATCH_READS_MIN else self._send_batches
                await _all_done(await send(producer, reads))
        finally:
            self._waiting_reads -= len(reads)

    async def _send_each(self, producer: Any, reads: Sequence[Read]) -> list[asyncio.Future[Any]]:
        return [
            await producer.send(self._topic, wire_read.encode(read), read.camera_id.encode())
            for read in reads
        ]

    async def _send_batches(self, producer: Any, reads: Sequence[Read]) -> list[asyncio.Future[Any]]:
        partitions = sorted(await producer.partitions_for(self._topic))
        by_partition: dict[int, list[Read]] = defaultdict(list)
        for read in reads:
            by_partition[partitions[self._hash(read.camera_id) % len(partitions)]].append(read)
        return [
            await producer.send_batch(batch, self._topic, partition=partition)
            for partition, there in by_partition.items()
            for batch in _batches(producer, there)
        ]

    def _hash(self, camera_id: str) -> int:
        """As Kafka's own partitioner has it, so that both ways of sending agree."""
        known = self._hashes.get(camera_id)
        if known is None:
            if len(self._hashes) >= KEYS_MAX:
                self._hashes.clear()
            known = self._hashes[camera_id] = murmur2(camera_id.encode()) & 0x7FFFFFFF
        return known

    async def close(self) -> None:
        await self._producer.close()


def _batches(producer: Any, reads: Sequence[Read]) -> Iterator[Any]:
    """The reads in as many batches as they need."""
    batch = producer.create_batch()
    for read in reads:
        key, value = read.camera_id.encode(), wire_read.encode(read)
        if batch.append(key=key, value=value, timestamp=None) is None:
            yield batch
            batch = producer.create_batch()
            if batch.append(key=key, value=value, timestamp=None) is None:
                raise MessageSizeTooLargeError("a read does not fit into a batch")
    yield batch


async def _all_done(sent: list[asyncio.Future[Any]]) -> None:
    """Wait for all, and only then raise what went wrong, so that no error is left unseen."""
    for outcome in await asyncio.gather(*sent, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
