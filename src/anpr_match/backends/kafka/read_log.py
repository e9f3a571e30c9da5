"""The log of reads as a Kafka topic, shared by the members of a group.

Where taking goes on is decided by the claims (the offsets beside the hits), never by Kafka's own
offsets; those are committed for tools that watch the lag. The consumer is not trusted: the offset to
take next is kept here for each partition, and whatever goes wrong inside the consumer, it is put back
to that.
"""

import asyncio
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from anpr_match.backends.kafka import vigil
from anpr_match.backends.kafka.careful import Careful
from anpr_match.backends.kafka.client import Client, brokers, start, stop
from anpr_match.backends.kafka.topics import Topic, create_missing
from anpr_match.domain.errors import Unavailable
from anpr_match.ports.read_log import Claims, Partition, Record, Slice, Unreadable, place_of
from anpr_match.telemetry.metrics import Metrics
from anpr_match.wire import read as wire_read

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """`drain_s`: how long a rebalance waits for the batch in hand. `commit_every_s`: how often Kafka is
    told how far we are. `retry_s`: how long a partition with a batch that cannot be unpacked is left
    out before it is tried again."""

    value_bytes_max: int = wire_read.VALUE_BYTES_MAX
    drain_s: float = 10.0
    commit_every_s: float = 1.0
    commit_s: float = 2.0
    retry_s: float = 30.0
    watch: vigil.Limits = field(default_factory=vigil.Limits)


@dataclass(slots=True)
class Owned:
    """A partition that is ours: the epoch we claimed it with, and the next offset to take."""

    owner_epoch: int
    next_offset: int


class KafkaReadLog:
    """One member of the group. Must be opened anew after `Unavailable`: make another one.

    Guarantees of the port hold for records; a *batch* that cannot be unpacked (its codec missing, its
    CRC wrong) cannot be skipped, so its partition pauses with an alarm, and is tried again.
    """

    def __init__(
        self,
        client: Client,
        topic: str,
        metrics: Metrics,
        needed: Sequence[Topic] = (),
        limits: Limits | None = None,
    ) -> None:
        """`needed` topics are made when it is opened, if they are missing."""
        self._client = client
        self._topic = topic
        self._needed = needed
        self._limits = limits or Limits()
        self._claims: Claims | None = None
        self._consumer: Any = None
        self._owned: dict[TopicPartition, Owned] = {}
        self._unclaimed: frozenset[TopicPartition] = frozenset()
        self._in_hand: dict[Partition, int] = {}
        self._drained = asyncio.Event()
        self._uncommitted: dict[TopicPartition, int] = {}
        self._committed_at_s = 0.0
        self._careful = Careful(metrics, self._limits.retry_s)
        self._vigil = vigil.Vigil(metrics, self._limits.watch)

    async def open(self, claims: Claims) -> None:
        """See the port. Raises `Unavailable` when the brokers are away or do not let us in."""
        self._claims = claims
        await create_missing(self._client, self._needed)
        self._consumer = self._client.group_consumer()
        self._consumer.subscribe([self._topic], listener=_Listener(self))
        await start(self._consumer, self._client.start_s)

    async def take(self, reads_max: int, wait_s: float) -> list[Slice]:
        """See the port. Raises `Unavailable`."""
        if self._consumer is None or self._claims is None:
            raise Unavailable("the log of reads is not open")
        loop = asyncio.get_running_loop()
        until_s = loop.time() + wait_s
        if self._unclaimed:
            await self._claim(self._claims)
        next_offsets = {tp: owned.next_offset for tp, owned in self._owned.items()}
        await self._vigil.look(self._consumer, next_offsets, self._careful.leaves_out)
        with brokers("read from"):
            fetch = self._careful.fetch if self._careful.needed(loop.time()) else self._fetch
            batches = await fetch(self._consumer, self._owned, reads_max, max(0.0, until_s - loop.time()))
        return [self._slice(tp, records) for tp, records in batches.items() if records and tp in self._owned]

    async def _fetch(
        self, consumer: Any, owned: dict[TopicPartition, Owned], reads_max: int, wait_s: float
    ) -> dict[TopicPartition, list[Any]]:
        """The usual way: one call for all partitions."""
        try:
            async with asyncio.timeout(wait_s + 0.2):
                # It may wait without end for a rebalance.
                return await consumer.getmany(timeout_ms=round(wait_s * 1000), max_records=reads_max)  # type: ignore[no-any-return]
        except TimeoutError:
            return {}
        except Exception as error:  # noqa: BLE001 a batch that cannot be unpacked may raise anything
            # Records of healthy partitions may have been dropped on the way of this error.
            self._careful.begin(consumer, owned, error)
            return await self._careful.fetch(consumer, owned, reads_max, wait_s)

    def _slice(self, tp: TopicPartition, records: list[Any]) -> Slice:
        owned = self._owned[tp]
        reads, others = wire_read.decode_all([r.value for r in records], self._limits.value_bytes_max)
        unreadable = [
            Unreadable(records[index].offset, records[index].value, why.reason, why.detail)
            for index, why in others
        ]
        owned.next_offset = records[-1].offset + 1
        self._vigil.heard(tp)
        partition = Partition(tp.topic, tp.partition)
        self._in_hand[partition] = owned.next_offset
        original = functools.partial(_original, records, [index for index, _ in others])
        return Slice(partition, owned.owner_epoch, owned.next_offset, reads, original, unreadable)

    async def _claim(self, port: Claims) -> None:
        """Become the owner of what the group gave us, and go to where its offsets say."""
        asked = self._unclaimed
        claims = await port.claim([Partition(*tp) for tp in asked])
        unseen = [tp for tp in asked if claims[Partition(*tp)].next_offset is None]
        with brokers("asked for offsets"):
            floors = await self._consumer.beginning_offsets(unseen) if unseen else {}
        if asked != self._unclaimed:
            # The group was dealt anew in the meantime; these claims are void.
            return
        for tp in asked:
            claim = claims[Partition(*tp)]
            next_offset = floors[tp] if claim.next_offset is None else claim.next_offset
            self._owned[tp] = Owned(claim.owner_epoch, next_offset)
            self._consumer.seek(tp, next_offset)
        self._unclaimed = frozenset()
        log.info("partitions_claimed", partitions=sorted(tp.partition for tp in asked))

    async def rewind(self) -> None:
        if self._consumer is not None:
            self._careful.release(self._consumer)
        self._forget()
        self._unclaimed = (
            frozenset(self._consumer.assignment()) if self._consumer is not None else frozenset()
        )

    async def hold(self, partition: Partition, next_offset: int, hold_s: float) -> None:
        tp = TopicPartition(*partition)
        if tp not in self._owned:
            return
        self._owned[tp].next_offset = next_offset
        if partition in self._in_hand:
            self._in_hand[partition] = next_offset
        self._careful.hold(self._consumer, tp, next_offset, hold_s)

    def _forget(self) -> None:
        self._owned.clear()
        self._in_hand.clear()
        self._uncommitted.clear()
        self._careful.forget()
        self._vigil.forget()

    async def commit(self, slices: Sequence[Slice]) -> None:
        for part in slices:
            tp = TopicPartition(*part.partition)
            if self._in_hand.get(part.partition) == part.next_offset:
                del self._in_hand[part.partition]
            if tp in self._owned:
                self._uncommitted[tp] = part.next_offset
        if not self._in_hand:
            self._drained.set()
        now_s = asyncio.get_running_loop().time()
        if now_s - self._committed_at_s >= self._limits.commit_every_s:
            self._committed_at_s = now_s
            await self._tell_kafka()

    async def _tell_kafka(self) -> None:
        offsets, self._uncommitted = self._uncommitted, {}
        if not offsets:
            return
        try:
            async with asyncio.timeout(self._limits.commit_s):
                await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # Only onlookers are told less than there is: our own offsets are beside the hits.
            log.info("kafka_commit_failed", error=type(error).__name__)

    def assigned(self) -> frozenset[Partition]:
        return frozenset(Partition(*tp) for tp in self._owned)

    async def lag(self) -> dict[Partition, int]:
        highwaters = {tp: self._consumer.highwater(tp) for tp in self._owned}
        return {
            Partition(*tp): max(0, end - self._owned[tp].next_offset)
            for tp, end in highwaters.items()
            if end is not None
        }

    def silence_s(self) -> float:
        return self._vigil.silence_s

    async def revoked(self) -> None:
        """The group is about to be dealt anew: let the batch in hand be finished, then own nothing."""
        if self._in_hand:
            self._drained.clear()
            try:
                async with asyncio.timeout(self._limits.drain_s):
                    await self._drained.wait()
            except TimeoutError:
                log.warning("rebalance_not_drained", partitions=len(self._in_hand))
        await self._tell_kafka()
        self._forget()
        self._unclaimed = frozenset()

    def dealt(self, partitions: Iterable[TopicPartition]) -> None:
        """These are ours now, to be claimed at the next `take`: here an error would be swallowed."""
        self._forget()
        self._unclaimed = frozenset(partitions)

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is None:
            return
        self._consumer = consumer
        await self._tell_kafka()
        self._consumer = None
        self._forget()
        await stop(consumer)


def _original(records: Sequence[Any], others: Sequence[int], read: int) -> Record:
    record = records[place_of(read, others)]
    return Record(record.offset, record.value)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    def __init__(self, reads: KafkaReadLog) -> None:
        self._reads = reads

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._reads.revoked()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._reads.dealt(assigned)
