"""The Kafka log of reads against a consumer that fails exactly as aiokafka's does."""

import asyncio
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, GroupAuthorizationFailedError, KafkaConnectionError

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.read_log import KafkaReadLog, Limits
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import Partition, Slice
from anpr_match.telemetry.metrics import Metrics
from anpr_match.wire import read as wire_read
from tests.contract.claims import LedgerClaims

TOPIC = "reads"
AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Record(NamedTuple):
    """What the log looks at in a consumer's record."""

    offset: int
    value: bytes


@dataclass
class FakeConsumer:
    """Three partitions of ten reads. A record at a poisoned place raises, and as in aiokafka 0.14 what
    was drained from other partitions in that call is lost and their positions have moved on."""

    positions: dict[TopicPartition, int] = field(default_factory=dict)
    poison: dict[TopicPartition, int] = field(default_factory=dict)
    paused: set[TopicPartition] = field(default_factory=set)
    error: Exception | None = None
    start_error: Exception | None = None
    commits: list[dict[TopicPartition, int]] = field(default_factory=list)
    stopped: bool = False
    listener: Any = None

    @property
    def parts(self) -> list[TopicPartition]:
        return [TopicPartition(TOPIC, number) for number in range(3)]

    def subscribe(self, topics: list[str], listener: Any) -> None:
        self.listener = listener

    async def start(self) -> None:
        if self.start_error:
            raise self.start_error
        await self.deal()

    async def deal(self) -> None:
        """Deal the group's partitions, all to this member."""
        await self.listener.on_partitions_revoked(set(self.positions))
        self.positions = dict.fromkeys(self.parts, 7)
        await self.listener.on_partitions_assigned(self.parts)

    def assignment(self) -> set[TopicPartition]:
        return set(self.positions)

    async def beginning_offsets(self, parts: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(parts, 0)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.positions[tp] = offset

    def highwater(self, tp: TopicPartition) -> int | None:
        return 10

    def pause(self, tp: TopicPartition) -> None:
        self.paused.add(tp)

    def resume(self, tp: TopicPartition) -> None:
        self.paused.discard(tp)

    async def getmany(
        self, *asked: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[Record]]:
        if self.error:
            raise self.error
        drained: dict[TopicPartition, list[Record]] = {}
        for tp in asked or self.parts:
            while tp not in self.paused and self.positions[tp] < 10 and max_records > 0:
                offset = self.positions[tp]
                if self.poison.get(tp) == offset:
                    raise struct.error("unpack requires a buffer of 4 bytes")
                drained.setdefault(tp, []).append(Record(offset, value_at(tp, offset)))
                self.positions[tp] += 1
                max_records -= 1
        return drained

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.commits.append(offsets)

    async def stop(self) -> None:
        self.stopped = True


class FakeClient(Client):
    """Makes the fake consumer."""

    consumer: FakeConsumer

    def group_consumer(self) -> FakeConsumer:
        return self.consumer


def value_at(tp: TopicPartition, offset: int) -> bytes:
    """The read that lies there."""
    return wire_read.encode(Read("CAM001", AT, "AB01CDE", f"r-{tp.partition}-{offset}"))


def reads_of(consumer: FakeConsumer, limits: Limits | None = None) -> KafkaReadLog:
    """A log on this consumer."""
    client = FakeClient("nowhere:1")
    object.__setattr__(client, "consumer", consumer)
    return KafkaReadLog(client, TOPIC, Metrics("test"), limits=limits)


def ids(slices: list[Slice]) -> list[str]:
    return [read.read_id for part in slices for read in part.reads]


def ids_of(number: int, offsets: range) -> list[str]:
    return [f"r-{number}-{offset}" for offset in offsets]


@pytest.mark.parametrize("bad", [0, 1, 2])
@pytest.mark.parametrize("poisoned_offset", [0, 4, 9])
async def test_a_batch_that_raises_costs_no_other_partition_a_record(bad: int, poisoned_offset: int) -> None:
    """All records of healthy partitions, and those before the fault, are taken once; then the partition
    pauses, and when the fault is gone it goes on."""
    consumer = FakeConsumer(poison={TopicPartition(TOPIC, bad): poisoned_offset})
    reads, claims = reads_of(consumer, Limits(retry_s=0.0)), LedgerClaims()
    await reads.open(claims)
    taken: list[str] = []
    for _ in range(6):
        taken += ids(await reads.take(100, 0.0))
    healthy = [i for number in range(3) if number != bad for i in ids_of(number, range(10))]
    assert sorted(taken) == sorted(healthy + ids_of(bad, range(poisoned_offset)))
    consumer.poison.clear()
    for _ in range(3):
        taken += ids(await reads.take(100, 0.0))
    assert sorted(taken) == sorted(i for number in range(3) for i in ids_of(number, range(10)))


async def test_a_partition_left_out_raises_an_alarm() -> None:
    """While a partition is left out its gauge is 1 and it is paused; afterwards both are undone."""
    bad = TopicPartition(TOPIC, 1)
    consumer = FakeConsumer(poison={bad: 0})
    reads = reads_of(consumer, Limits(retry_s=3600.0))
    await reads.open(LedgerClaims())
    await reads.take(100, 0.0)

    def gauge() -> float | None:
        return reads._careful._metrics.registry.get_sample_value(
            "anpr_partition_paused", {"partition": "reads-1"}
        )

    assert (consumer.paused, gauge()) == ({bad}, 1.0)
    assert Partition(*bad) in reads.assigned()
    await reads.close()
    assert gauge() == 0.0


async def test_the_claims_win_over_the_position_of_the_group() -> None:
    """Taking goes on from the claimed offset, not from where the group's own offsets stand."""
    claims = LedgerClaims()
    claims.next_offsets[Partition(TOPIC, 0)] = 4
    reads = reads_of(FakeConsumer())
    await reads.open(claims)
    taken = ids(await reads.take(100, 0.0))
    assert taken == ids_of(0, range(4, 10)) + ids_of(1, range(10)) + ids_of(2, range(10))


async def test_a_rebalance_waits_for_the_batch_in_hand_and_claims_anew() -> None:
    """A member told to give up its partitions does so when its batch is committed, and what it is dealt
    then it claims with a new epoch."""
    consumer, claims = FakeConsumer(), LedgerClaims()
    reads = reads_of(consumer, Limits(drain_s=30.0))
    await reads.open(claims)
    slices = await reads.take(100, 0.0)
    dealing = asyncio.ensure_future(consumer.deal())
    await asyncio.sleep(0)
    assert not dealing.done()
    assert all(claims.done(part) for part in slices)
    await reads.commit(slices)
    await dealing
    assert reads.assigned() == frozenset()
    assert await reads.take(100, 0.0) == []
    assert set(claims.epochs.values()) == {2}
    assert consumer.commits == [dict.fromkeys(consumer.parts, 10)]


async def test_a_rebalance_does_not_wait_for_ever() -> None:
    """A batch that does not come to an end is taken again by the next owner."""
    consumer, claims = FakeConsumer(), LedgerClaims()
    reads = reads_of(consumer, Limits(drain_s=0.01))
    await reads.open(claims)
    slices = await reads.take(100, 0.0)
    await consumer.deal()
    again = await reads.take(100, 0.0)
    assert ids(again) == ids(slices)
    assert not any(claims.done(part) for part in slices)
    assert all(claims.done(part) for part in again)


async def test_an_error_of_the_group_is_unavailable() -> None:
    """An error that is not about data costs the consumer, which is to be made anew."""
    consumer = FakeConsumer(error=GroupAuthorizationFailedError("anpr-match"))
    reads = reads_of(consumer)
    await reads.open(LedgerClaims())
    with pytest.raises(Unavailable):
        await reads.take(100, 0.0)
    await reads.close()
    assert consumer.stopped


async def test_a_start_that_fails_is_unavailable_and_leaves_nothing_behind() -> None:
    """Without a broker the start raises Unavailable, and the consumer is stopped."""
    consumer = FakeConsumer(start_error=KafkaConnectionError("no broker"))
    with pytest.raises(Unavailable):
        await reads_of(consumer).open(LedgerClaims())
    assert consumer.stopped


async def test_a_commit_that_fails_does_no_harm() -> None:
    """Kafka's own offsets are for onlookers; that they cannot be written is nobody's trouble."""

    class Refusing(FakeConsumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            raise CommitFailedError("rebalanced")

    reads = reads_of(Refusing())
    await reads.open(LedgerClaims())
    await reads.commit(await reads.take(100, 0.0))
    await reads.close()
