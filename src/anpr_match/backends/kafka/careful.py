"""Fetching partition by partition, after the consumer raised.

aiokafka 0.14 builds the answer of `getmany` over several partitions, and when one of them raises, what
it had drained from the others is lost and their positions have moved on. So after any error everything
is put back to our own offsets, each partition is asked for alone until it has shown that it can be
read, and the one that raises again is left out for a while.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    CorruptRecordException,
    KafkaError,
    RecordTooLargeError,
    UnsupportedCodecError,
)

from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

PROBE_S_MIN = 0.05

# These are Kafka's errors about data. Its others are about brokers, groups and rights: they cost the
# whole consumer, not a partition. What is no error of Kafka's comes from unpacking.
_ABOUT_DATA = (CorruptRecordException, RecordTooLargeError, UnsupportedCodecError)


class Place(Protocol):
    """Where a partition is: the next offset to take."""

    next_offset: int


Places = Mapping[TopicPartition, Place]
Batches = dict[TopicPartition, list[Any]]


class Careful:
    """Which partitions are suspect, and which are left out until when."""

    def __init__(self, metrics: Metrics, retry_s: float) -> None:
        self._metrics = metrics
        self._retry_s = retry_s
        self._suspects: set[TopicPartition] = set()
        self._retry_at_s: dict[TopicPartition, float] = {}
        self._unreadable: set[TopicPartition] = set()
        self._now_s = 0.0

    def needed(self, now_s: float) -> bool:
        """Whether the next fetch must be careful: there are suspects, or one that is due again."""
        self._now_s = now_s
        return bool(self._suspects) or any(at <= now_s for at in self._retry_at_s.values())

    def leaves_out(self, tp: TopicPartition) -> bool:
        """Whether this partition is left out now."""
        return tp in self._retry_at_s

    def begin(self, consumer: Any, places: Places, error: Exception) -> None:
        """Put everything back and suspect it. Raises `error` if it is not about data."""
        _raise_unless_data(error)
        log.warning("fetch_failed", error=type(error).__name__, partitions=len(places))
        for tp, place in places.items():
            consumer.seek(tp, place.next_offset)
        self._suspects = {tp for tp in places if tp not in self._retry_at_s}

    async def fetch(self, consumer: Any, places: Places, reads_max: int, wait_s: float) -> Batches:
        """Like `getmany`, each partition for itself."""
        self._resume_due(consumer)
        batches: Batches = {}
        probe_s = max(PROBE_S_MIN, wait_s / max(1, len(self._suspects)))
        for tp, place in places.items():
            if reads_max <= 0:
                break
            if tp not in self._retry_at_s:
                wait_ms = round(probe_s * 1000) if tp in self._suspects else 0
                records = await self._fetch_one(consumer, tp, place.next_offset, reads_max, wait_ms)
                reads_max -= len(records)
                batches[tp] = records
        return batches

    async def _fetch_one(
        self, consumer: Any, tp: TopicPartition, offset: int, reads_max: int, wait_ms: int
    ) -> list[Any]:
        try:
            batches = await consumer.getmany(tp, timeout_ms=wait_ms, max_records=reads_max)
        except Exception as error:  # noqa: BLE001 see the head of the file
            _raise_unless_data(error)
            consumer.seek(tp, offset)
            return await self._up_to_the_fault(consumer, tp, offset, reads_max)
        records: list[Any] = batches.get(tp, [])
        if records or _is_at_end(consumer, tp, offset):
            self._suspects.discard(tp)
        return records

    async def _up_to_the_fault(
        self, consumer: Any, tp: TopicPartition, offset: int, reads_max: int
    ) -> list[Any]:
        """The records before the batch that raises, one at a time; with none left, leave it out."""
        records: list[Any] = []
        while len(records) < reads_max:
            try:
                batches = await consumer.getmany(tp, timeout_ms=round(PROBE_S_MIN * 1000), max_records=1)
            except Exception as error:  # noqa: BLE001 see the head of the file
                _raise_unless_data(error)
                consumer.seek(tp, records[-1].offset + 1 if records else offset)
                if not records:
                    self._leave_out(consumer, tp, offset, error)
                break
            if not batches:
                break
            records += batches[tp]
        return records

    def hold(self, consumer: Any, tp: TopicPartition, offset: int, hold_s: float) -> None:
        """Leave a partition out on behalf of who works with its records; then go on at `offset`."""
        consumer.pause(tp)
        consumer.seek(tp, offset)
        self._suspects.discard(tp)
        self._retry_at_s[tp] = asyncio.get_running_loop().time() + hold_s

    def _leave_out(self, consumer: Any, tp: TopicPartition, offset: int, error: Exception) -> None:
        consumer.pause(tp)
        self._suspects.discard(tp)
        self._retry_at_s[tp] = self._now_s + self._retry_s
        self._unreadable.add(tp)
        self._metrics.partition_paused.labels(partition=_label(tp)).set(1)
        log.error(
            "partition_paused",
            partition=_label(tp),
            offset=offset,
            error=type(error).__name__,
            retry_s=self._retry_s,
        )

    def _resume_due(self, consumer: Any) -> None:
        for tp in [tp for tp, at in self._retry_at_s.items() if at <= self._now_s]:
            del self._retry_at_s[tp]
            self._readable(tp)
            consumer.resume(tp)
            self._suspects.add(tp)

    def _readable(self, tp: TopicPartition) -> None:
        """End the alarm, if it is ours: who had a partition held has one of its own."""
        if tp in self._unreadable:
            self._unreadable.discard(tp)
            self._metrics.partition_paused.labels(partition=_label(tp)).set(0)

    def release(self, consumer: Any) -> None:
        """Leave nothing out any more, of partitions that stay assigned."""
        for tp in self._retry_at_s.keys() & consumer.assignment():
            consumer.resume(tp)

    def forget(self) -> None:
        """The partitions are no longer ours."""
        for tp in list(self._unreadable):
            self._readable(tp)
        self._suspects.clear()
        self._retry_at_s.clear()


def _raise_unless_data(error: Exception) -> None:
    if isinstance(error, KafkaError | ConsumerStoppedError) and not isinstance(error, _ABOUT_DATA):
        raise error


def _is_at_end(consumer: Any, tp: TopicPartition, offset: int) -> bool:
    end = consumer.highwater(tp)
    return end is not None and offset >= end


def _label(tp: TopicPartition) -> str:
    return f"{tp.topic}-{tp.partition}"
