"""The log of reads: Kafka or the local one, with its dead letters."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from anpr_match.backends.kafka import vigil
from anpr_match.backends.kafka.dead_letters import KafkaDeadLetters
from anpr_match.backends.kafka.read_log import KafkaReadLog
from anpr_match.backends.kafka.read_log import Limits as ReadLogLimits
from anpr_match.backends.kafka.topics import (
    create_missing,
    dead_letters_topic,
    delete,
    partitions,
    reads_topic,
)
from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.dead_letters import LocalDeadLetters
from anpr_match.backends.local.read_log import Limits as LogLimits
from anpr_match.backends.local.read_log import LocalReadLog, LocalReadLogReader
from anpr_match.bootstrap import brokers
from anpr_match.domain.errors import Unavailable
from anpr_match.ports.dead_letters import DeadLetters
from anpr_match.ports.read_log import ReadLog, ReadLogWriter
from anpr_match.settings import Settings
from anpr_match.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Logs:
    """The log of reads: the door's end, a maker of the matcher's end, and the dead letters."""

    writer: ReadLogWriter
    open_log: Callable[[Metrics], ReadLog]
    dead_letters: DeadLetters


@contextlib.asynccontextmanager
async def open_logs(settings: Settings) -> AsyncIterator[Logs]:
    """The log of reads: Kafka when a broker is set, else the local one. Raises `SetUp` when another
    process holds the data folder."""
    kafka = settings.kafka.bootstrap
    opened = _local_logs(settings) if kafka is None else _kafka_logs(settings, kafka)
    async with opened as logs:
        yield logs


async def topics(settings: Settings, bootstrap: str, wait_s: float) -> dict[str, int]:
    """Which of the topics that are needed are there on these brokers, with how many partitions. Raises
    `Unavailable` when none of them answers within `wait_s`."""
    client = brokers.client(settings, bootstrap, wait_s)
    return await partitions(client, (settings.kafka.reads_topic, settings.kafka.dead_letters_topic))


async def removed(settings: Settings) -> None:
    """Remove the topics of these settings with all that is in them; nothing without Kafka. Raises
    `Unavailable`."""
    kafka = settings.kafka
    if kafka.bootstrap is not None:
        await delete(brokers.client(settings, kafka.bootstrap), (kafka.reads_topic, kafka.dead_letters_topic))


@contextlib.asynccontextmanager
async def _local_logs(settings: Settings) -> AsyncIterator[Logs]:
    limits = LogLimits(
        queue_reads_max=settings.read_log.queue_reads_max, keep_done_s=settings.read_log.keep_h * 3600
    )
    clock = SystemClock()
    log = LocalReadLog(settings.data.dir, clock, limits)
    letters = LocalDeadLetters(settings.data.dir, clock)
    try:
        yield Logs(log, lambda _metrics: LocalReadLogReader(log), letters)
    finally:
        await log.close()
        await letters.close()


@contextlib.asynccontextmanager
async def _kafka_logs(settings: Settings, bootstrap: str) -> AsyncIterator[Logs]:
    """Comes up while the brokers are away; missing topics are then made when a matcher joins."""
    kafka = settings.kafka
    client = brokers.client(settings, bootstrap)
    reads = reads_topic(kafka.reads_topic, kafka.partitions, kafka.replication)
    days = settings.retention.dead_letters_days
    letters = dead_letters_topic(kafka.dead_letters_topic, kafka.replication, days)
    needed = (reads, letters) if kafka.create_topics else ()
    with contextlib.suppress(Unavailable):
        await create_missing(client, needed)
    writer = KafkaReadLogWriter(client, kafka.reads_topic, settings.read_log.queue_reads_max)
    dead_letters = KafkaDeadLetters(client, kafka.dead_letters_topic)
    limits = ReadLogLimits(watch=vigil.Limits(stuck_s=settings.watch.fetch_stuck_s))

    def open_log(metrics: Metrics) -> ReadLog:
        return KafkaReadLog(client, reads.name, metrics, needed, limits)

    try:
        yield Logs(writer, open_log, dead_letters)
    finally:
        await writer.close()
        await dead_letters.close()
