"""The logs of reads that the suite runs through, and how its tests take from them."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from aiokafka import AIOKafkaProducer

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.read_log import KafkaReadLog
from anpr_match.backends.kafka.topics import create_missing, reads_topic
from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.backends.local import read_log as local
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.read_log import MemoryReadLog
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import ReadLog, ReadLogWriter, Slice, Unreadable
from anpr_match.telemetry.metrics import Metrics
from tests.contract.claims import LedgerClaims
from tests.services.fixtures import Topics

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LIMIT_S = 30.0


def a_read(number: int, camera: str = "CAM001") -> Read:
    """The read with this number."""
    return Read(camera, AT, "AB01CDE", f"r-{number:05d}", received_at=AT)


class Backend(Protocol):
    """A log under test."""

    @property
    def writer(self) -> ReadLogWriter: ...

    def reader(self) -> ReadLog:
        """A new reader, not yet open."""
        ...

    async def put(self, values: Sequence[bytes | None]) -> None:
        """Write bytes as they are, to one partition, as a foreign producer (or a fault) would."""
        ...

    async def close(self) -> None: ...


class Memory:
    """The fake."""

    def __init__(self) -> None:
        self._log = MemoryReadLog(partitions=4)
        self.writer = self._log

    def reader(self) -> ReadLog:
        return self._log.reader()

    async def put(self, values: Sequence[bytes | None]) -> None:
        self._log.put(0, values)

    async def close(self) -> None:
        await self._log.close()


class Local:
    """The file of the embedded set."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / local.FILE
        self._log = local.LocalReadLog(folder, SystemClock())
        self.writer = self._log

    def reader(self) -> ReadLog:
        return self._log.reader()

    async def put(self, values: Sequence[bytes | None]) -> None:
        """Through the log's own door, then spoilt on the disk, as only a fault can; before any reader
        has seen them, the copies in memory are dropped."""
        first = self._log.head
        await self._log.append([a_read(n) for n in range(len(values))])
        self._log._fresh.clear()
        self._log._fresh_reads = 0
        lines = b"\n".join(value or b"" for value in values)
        with sqlite3.connect(self._file) as connection:
            connection.execute("UPDATE chunk SET lines = ? WHERE first_offset = ?", (lines, first))
        connection.close()

    async def close(self) -> None:
        await self._log.close()


class Kafka:
    """A topic of a real broker."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._client = Client(bootstrap, topics.group(), session_s=6.0)
        self._topic = topics.topic()
        self.writer = KafkaReadLogWriter(self._client, self._topic)

    async def make_topic(self) -> None:
        await create_missing(self._client, [reads_topic(self._topic, 4, 1)])

    def reader(self) -> ReadLog:
        return KafkaReadLog(self._client, self._topic, Metrics("test"))

    async def put(self, values: Sequence[bytes | None]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self._client.bootstrap) as producer:
            for value in values:
                await producer.send(self._topic, value, partition=0)

    async def close(self) -> None:
        await self.writer.close()


@dataclass
class Taken:
    """What was taken in all, and was done so far as its reader still owned it."""

    ids: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def add(self, slices: Sequence[Slice]) -> None:
        for part in slices:
            self.ids += [read.read_id for read in part.reads]
            self.unreadable += part.unreadable


async def take(
    reader: ReadLog, claims: LedgerClaims, into: Taken, enough: Callable[[], bool], reads_max: int = 100
) -> None:
    """Take, note as done and commit until `enough`; fails after a while."""
    async with asyncio.timeout(LIMIT_S):
        while not enough():
            slices = await reader.take(reads_max, 0.1)
            done = [part for part in slices if claims.done(part)]
            into.add(done)
            await reader.commit(done)


async def until(condition: Callable[[], bool], step: Callable[[], Awaitable[object]]) -> None:
    """Do `step` until `condition` holds; fails after a while."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await step()


def ids(numbers: range) -> list[str]:
    """The ids of the reads with these numbers."""
    return [f"r-{number:05d}" for number in numbers]
