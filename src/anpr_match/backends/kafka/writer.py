"""The end of the reads topic that the HTTP door writes."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.producer import LazyProducer
from anpr_match.domain.errors import Full, Unavailable
from anpr_match.domain.read import Read
from anpr_match.wire import read as wire_read

KEYS_MAX = 100_000


@dataclass(slots=True, eq=False)
class _Append:
    """What one caller waits for: that its reads are written, or failed with `error`."""

    reads: Sequence[Read]
    written: bool = False
    error: Exception | None = None


class KafkaReadLogWriter:
    """Key is the camera, so that the reads of one camera stay in order.

    Appends that come while others are on their way go together in the next round, as one batch for each
    partition: a tenth of the cost of sending records one by one. A caller that is cancelled in the middle
    of a round fails the others in it, which may have been written all the same.
    """

    def __init__(
        self, client: Client, topic: str, queue_reads_max: int = 100_000, round_reads_max: int = 10_000
    ) -> None:
        self._producer = LazyProducer(client)
        self._topic = topic
        self._queue_reads_max = queue_reads_max
        self._round_reads_max = round_reads_max
        self._waiting: deque[_Append] = deque()
        self._waiting_reads = 0
        self._round = asyncio.Lock()
        self._hashes: dict[str, int] = {}

    async def append(self, reads: Sequence[Read]) -> None:
        if self._waiting_reads + len(reads) > self._queue_reads_max and self._waiting:
            raise Full("too many reads are waiting to be written to Kafka")
        append = _Append(reads)
        self._waiting.append(append)
        self._waiting_reads += len(reads)
        # Whoever gets the lock first sends for all that wait; the others then find it done.
        async with self._round:
            while not append.written and append.error is None:
                await self._send(self._next_round())
        if append.error is not None:
            raise append.error

    def _next_round(self) -> list[_Append]:
        taken: list[_Append] = []
        reads = 0
        while self._waiting and reads < self._round_reads_max:
            taken.append(self._waiting.popleft())
            reads += len(taken[-1].reads)
        self._waiting_reads -= reads
        return taken

    async def _send(self, group: list[_Append]) -> None:
        error: Exception = Unavailable("the write to Kafka was broken off")
        try:
            async with self._producer.writing() as producer:
                await self._send_reads(producer, [read for append in group for read in append.reads])
            for append in group:
                append.written = True
        except Unavailable as failure:
            error = failure
        finally:
            for append in group:
                if not append.written:
                    append.error = error

    async def _send_reads(self, producer: Any, reads: list[Read]) -> None:
        numbers = sorted(await producer.partitions_for(self._topic))
        by_partition: dict[int, list[Read]] = defaultdict(list)
        for read in reads:
            by_partition[numbers[self._hash(read.camera_id) % len(numbers)]].append(read)
        parts = [self._send_partition(producer, number, part) for number, part in by_partition.items()]
        # Wait for all before raising what went wrong, so that nothing of this round is still on its way.
        for outcome in await asyncio.gather(*parts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _send_partition(self, producer: Any, number: int, reads: list[Read]) -> None:
        """One batch after the other: aiokafka queues at most one for a partition."""
        for batch in _batches(producer, reads):
            await (await producer.send_batch(batch, self._topic, partition=number))

    def _hash(self, camera_id: str) -> int:
        """As Kafka's own partitioner has it, so that other producers put a camera where we do."""
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
