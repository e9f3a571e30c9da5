"""Kafka coming and going: no broker, a broker that restarts, topics that are not there."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.dead_letters import KEPT_OF_TOO_LARGE_BYTES, KafkaDeadLetters
from anpr_match.backends.kafka.read_log import KafkaReadLog
from anpr_match.backends.kafka.topics import Topic, create_missing, dead_letters_topic, reads_topic
from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.domain.errors import SetUp, Unavailable
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import Partition, Unreadable
from anpr_match.telemetry.metrics import Metrics
from tests.contract.claims import LedgerClaims
from tests.services import loopback
from tests.services.fixtures import Topics
from tests.services.kafka import Kafka

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LIMIT_S = 60.0


def reads(count: int, first: int = 0) -> list[Read]:
    """So many reads of a hundred cameras, numbered."""
    return [Read(f"CAM{n % 100:03d}", AT, "AB01CDE", f"r-{n:05d}") for n in range(first, first + count)]


async def again_and_again(call: Callable[[], Awaitable[object]]) -> None:
    """Call until it is no longer Unavailable; fails after a while."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                await call()
                return
            except Unavailable:
                await asyncio.sleep(0.2)


async def test_without_a_broker_everything_is_unavailable(topics: Topics) -> None:
    """No broker at all means Unavailable from every part, soon, and closing goes well."""
    client = Client(f"127.0.0.1:{loopback.free_port()}", request_s=2.0, start_s=2.0)
    writer, letters = KafkaReadLogWriter(client, "reads"), KafkaDeadLetters(client, "letters")
    log = KafkaReadLog(client, "reads", Metrics("test"))
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(Unavailable):
            await writer.append(reads(1))
        with pytest.raises(Unavailable):
            await letters.keep(Partition("reads", 0), [Unreadable(0, b"", "empty", "")])
        with pytest.raises(Unavailable):
            await letters.kept(1)
        with pytest.raises(Unavailable):
            await create_missing(client, [reads_topic("reads", 1, 1)])
        with pytest.raises(Unavailable):
            await log.open(LedgerClaims())
        await asyncio.gather(writer.close(), letters.close(), log.close())


async def test_a_broker_that_restarts_costs_nothing(own_kafka: Kafka, topics: Topics) -> None:
    """Killed and started again, the broker is found again by writer and reader; what was accepted is
    taken, in order for each camera."""
    client = Client(own_kafka.bootstrap, topics.group(), session_s=6.0, request_s=5.0)
    await create_missing(client, [reads_topic(topics.topic(), 4, 1)])
    writer, claims = KafkaReadLogWriter(client, topics.topic()), LedgerClaims()
    log = KafkaReadLog(client, topics.topic(), Metrics("test"))
    await log.open(claims)
    taken: list[str] = []

    async def take() -> None:
        slices = await log.take(1000, 0.2)
        taken.extend(r.read_id for part in slices if claims.done(part) for r in part.reads)
        await log.commit(slices)

    await writer.append(reads(200))
    async with asyncio.timeout(LIMIT_S):
        while len(taken) < 200:
            await take()
    await asyncio.to_thread(own_kafka.kill)
    with pytest.raises(Unavailable):
        await writer.append(reads(1, first=999))
    await again_and_again(take)
    await asyncio.to_thread(own_kafka.start)
    await again_and_again(lambda: writer.append(reads(200, first=200)))
    async with asyncio.timeout(LIMIT_S):
        while not {read.read_id for read in reads(400)} <= set(taken):
            await again_and_again(take)
    assert len([i for i in taken if i < "r-00200"]) == 200
    await log.close()
    await writer.close()


async def test_the_writer_chooses_the_partition_as_kafka_does(kafka_bootstrap: str, topics: Topics) -> None:
    """Singly or in bulk, a camera's reads lie where any producer would put them, with its key."""
    client = Client(kafka_bootstrap)
    await create_missing(client, [reads_topic(topics.topic(), 5, 1)])
    writer, sent = KafkaReadLogWriter(client, topics.topic()), reads(400)
    for n in range(100):
        await writer.append(sent[n : n + 1])
    await writer.append(sent[100:])
    await writer.close()
    expected = {r.camera_id: DefaultPartitioner()(r.camera_id.encode(), range(5), range(5)) for r in sent}
    async with AIOKafkaConsumer(
        topics.topic(), bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        for _ in sent:
            record = await asyncio.wait_for(consumer.getone(), LIMIT_S)
            assert record.partition == expected[record.key.decode()]


async def test_many_processes_may_make_the_topics_at_once(kafka_bootstrap: str, topics: Topics) -> None:
    """Each topic is made by exactly one, and none of the others minds."""
    client = Client(kafka_bootstrap)
    wanted = [reads_topic(topics.topic(), 3, 1), dead_letters_topic(topics.topic("dlq"), 1)]
    made = await asyncio.gather(*(create_missing(client, wanted) for _ in range(5)))
    assert sorted(name for names in made for name in names) == sorted(topic.name for topic in wanted)
    assert await create_missing(client, wanted) == []


async def test_a_topic_the_broker_refuses_is_a_fault_of_the_set_up(
    kafka_bootstrap: str, topics: Topics
) -> None:
    """More replicas than brokers cannot be had by trying again."""
    with pytest.raises(SetUp, match=topics.topic()):
        await create_missing(Client(kafka_bootstrap), [reads_topic(topics.topic(), 1, 3)])


async def test_a_dead_letter_that_does_not_fit_is_kept_in_part(kafka_bootstrap: str, topics: Topics) -> None:
    """In a topic with small bounds a large letter is kept as its beginning with length and digest, and
    does not hold up what comes after it."""
    client, topic = Client(kafka_bootstrap), topics.topic("dlq")
    await create_missing(client, [Topic(topic, 1, 1, {"max.message.bytes": "20000"})])
    letters, noise = KafkaDeadLetters(client, topic), random.Random(1).randbytes(900_000)
    values = [b"small", noise, b"last"]
    await letters.keep(Partition("reads", 0), [Unreadable(n, v, "x", "") for n, v in enumerate(values)])
    kept = {letter.unreadable.offset: letter.unreadable.value for letter in await letters.kept(9)}
    assert kept == {0: b"small", 1: values[1][:KEPT_OF_TOO_LARGE_BYTES], 2: b"last"}
    await letters.close()


async def test_a_foreign_producer_needs_neither_key_nor_headers(kafka_bootstrap: str, topics: Topics) -> None:
    """Native reads and CloudEvents of both modes are taken from any producer, nulls and junk set apart."""
    client = Client(kafka_bootstrap, topics.group())
    await create_missing(client, [reads_topic(topics.topic(), 1, 1)])
    least = b'{"camera_id":"CAM001","captured_at":"2026-01-05T12:00:00Z","plate":"AB01CDE"}'
    event = b'{"specversion":"1.0","id":"1","source":"/c","type":"read","data":' + least + b"}"
    binary = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("content-type", b"application/json")]
    structured = [("content-type", b"application/cloudevents+json")]
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        await producer.send_and_wait(topics.topic(), least)
        await producer.send_and_wait(topics.topic(), None, b"key")
        await producer.send_and_wait(topics.topic(), event, headers=structured)
        await producer.send_and_wait(topics.topic(), b"\xff")
        await producer.send_and_wait(topics.topic(), least, headers=binary)
    log = KafkaReadLog(client, topics.topic(), Metrics("test"))
    await log.open(LedgerClaims())
    taken: list[Read] = []
    reasons: dict[int, str] = {}
    async with asyncio.timeout(LIMIT_S):
        while len(taken) + len(reasons) < 5:
            for part in await log.take(100, 0.2):
                taken += part.reads
                reasons |= {record.offset: record.reason for record in part.unreadable}
    assert len(taken) == 3
    assert len({read.read_id for read in taken}) == 1
    assert reasons == {1: "empty", 3: "not_utf8"}
    await log.close()
