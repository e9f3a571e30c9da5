"""Dead letters as a Kafka topic: the original bytes, and in headers why and where from."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from anpr_match.backends.kafka.client import Client, brokers, start, stop
from anpr_match.backends.kafka.producer import LazyProducer
from anpr_match.backends.kafka.topics import DEAD_LETTER_BYTES_MAX
from anpr_match.ports.dead_letters import DeadLetter
from anpr_match.ports.read_log import Partition, Unreadable

KEPT_OF_TOO_LARGE_BYTES = 4096

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class _Record:
    """A letter as Kafka keeps it. It has a key because aiokafka sends a null only with one."""

    key: bytes
    value: bytes | None
    headers: Headers

    @classmethod
    def of(cls, source: Partition, letter: Unreadable) -> "_Record":
        key = f"{source.topic}/{source.number}/{letter.offset}"
        return cls(key.encode(), letter.value, _headers(source, letter))

    def head(self) -> "_Record":
        """Its first bytes, with length and digest of the whole."""
        value = self.value or b""
        whole = [("sha256", hashlib.sha256(value).hexdigest()), ("bytes", str(len(value)))]
        headers = self.headers + [(name, text.encode()) for name, text in whole]
        return _Record(self.key, value[:KEPT_OF_TOO_LARGE_BYTES], headers)

    async def send(self, producer: Any, topic: str) -> None:
        await producer.send_and_wait(topic, self.value, self.key, headers=self.headers)


class KafkaDeadLetters:
    """A null stays a null. A value that the topic does not take whole, since somebody made it with
    smaller bounds, is kept as its first 4 KiB with headers `sha256` and `bytes` of the whole: what
    cannot be kept must not hold up the partition it came from. May keep a letter twice."""

    def __init__(self, client: Client, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._producer = LazyProducer(client, DEAD_LETTER_BYTES_MAX, idempotent=False)

    async def keep(self, source: Partition, letters: Sequence[Unreadable]) -> None:
        async with self._producer.writing() as producer:
            records = [_Record.of(source, letter) for letter in letters]
            sent = [record.send(producer, self._topic) for record in records]
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
            for record, outcome in zip(records, outcomes, strict=True):
                if isinstance(outcome, MessageSizeTooLargeError):
                    await self._keep_alone(producer, record)
                elif isinstance(outcome, BaseException):
                    raise outcome

    async def _keep_alone(self, producer: Any, record: "_Record") -> None:
        """A record is refused together with its whole batch; alone it may do, and if not, its head."""
        try:
            await record.send(producer, self._topic)
        except MessageSizeTooLargeError:
            await record.head().send(producer, self._topic)

    async def kept(self, limit: int) -> list[DeadLetter]:
        """Over all partitions of the topic, by the time they were kept."""
        async with contextlib.aclosing(self._read(limit)) as letters:
            found = [letter async for letter in letters]
        found.sort(key=lambda letter: letter.at)
        return found[-limit:] if limit > 0 else []

    async def all_kept(self) -> AsyncIterator[DeadLetter]:
        """In the order of each partition; the topic that we make has one."""
        async with contextlib.aclosing(self._read(None)) as letters:
            async for letter in letters:
                yield letter

    async def _read(self, limit: int | None) -> AsyncGenerator[DeadLetter, None]:
        """The newest `limit` letters of each partition, or all. The topic may not be there."""
        consumer = self._client.onlooker()
        await start(consumer, self._client.start_s)
        try:
            ends = await self._placed(consumer, limit)
            while ends:
                for batch in (await self._page(consumer)).values():
                    for record in batch:
                        yield _letter(record)
                with brokers("read from"):
                    ends = {tp: end for tp, end in ends.items() if await consumer.position(tp) < end}
        finally:
            await stop(consumer)

    async def _placed(self, consumer: Any, limit: int | None) -> dict[TopicPartition, int]:
        """Where reading ends in each partition that has letters, the consumer put to where it begins."""
        with brokers("read from"):
            async with asyncio.timeout(self._client.request_s):
                await consumer._client.add_topic(self._topic)  # noqa: SLF001 an onlooker knows no topic until it asks
                numbers = consumer.partitions_for_topic(self._topic) or ()
                partitions = [TopicPartition(self._topic, number) for number in numbers]
                if not partitions:
                    return {}
                consumer.assign(partitions)
                floors = await consumer.beginning_offsets(partitions)
                ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        for tp in partitions:
            consumer.seek(tp, floors[tp] if limit is None else max(floors[tp], ends[tp] - limit))
        return {tp: end for tp, end in ends.items() if end > floors[tp] and limit != 0}

    async def _page(self, consumer: Any) -> dict[TopicPartition, list[Any]]:
        with brokers("read from"):
            async with asyncio.timeout(self._client.request_s):
                while not (page := await consumer.getmany(timeout_ms=200, max_records=100)):
                    pass
                return page  # type: ignore[no-any-return]  # aiokafka ships no types

    async def forget(self, before: datetime) -> int:
        """The topic forgets by itself (`retention.ms`)."""
        return 0

    async def close(self) -> None:
        await self._producer.close()


def _headers(source: Partition, letter: Unreadable) -> Headers:
    texts = {
        "reason": letter.reason,
        "detail": letter.detail,
        "source_topic": source.topic,
        "source_partition": str(source.number),
        "source_offset": str(letter.offset),
    }
    return [(name, text.encode()) for name, text in texts.items()]


def _letter(record: Any) -> DeadLetter:
    """The letter of a record. One that others wrote may lack headers; it is named by where it lies."""
    texts = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    source = Partition(
        texts.get("source_topic", record.topic), _number(texts, "source_partition", record.partition)
    )
    unreadable = Unreadable(
        _number(texts, "source_offset", record.offset),
        record.value,
        texts.get("reason", "unknown"),
        texts.get("detail", ""),
    )
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return DeadLetter(source, unreadable, at, whole="sha256" not in texts)


def _number(texts: dict[str, str], name: str, otherwise: int) -> int:
    text = texts.get(name, "")
    return int(text) if text.isdecimal() else otherwise
