"""A batch that cannot be unpacked costs its own partition a pause, and the other partitions nothing.

aiokafka drops records of healthy partitions when one partition raises in `getmany`; these tests hold
the remedy, on a broker whose disk was spoilt and on a machine that lacks a codec.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiokafka.codec
import pytest
from aiokafka import AIOKafkaProducer

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.read_log import KafkaReadLog, Limits
from anpr_match.backends.kafka.topics import create_missing, reads_topic
from anpr_match.domain.read import Read
from anpr_match.telemetry.metrics import Metrics
from anpr_match.wire import read as wire_read
from tests.contract.claims import LedgerClaims
from tests.services.fixtures import Topics
from tests.services.kafka import Kafka

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PARTITIONS = 8
BAD = 2
BATCH = 25
LIMIT_S = 40.0


class Rig:
    """A topic, a reader on it, and what the reader has taken."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self.topic = topics.topic()
        self.metrics = Metrics("test")
        self.taken: list[str] = []
        self._bootstrap = bootstrap
        self._client = Client(bootstrap, topics.group(), session_s=6.0)
        self._claims = LedgerClaims()
        self._reader = KafkaReadLog(self._client, self.topic, self.metrics, limits=Limits(retry_s=0.5))
        self._sent = 0

    async def make_topic(self) -> None:
        await create_missing(self._client, [reads_topic(self.topic, PARTITIONS, 1)])

    async def open(self) -> None:
        await self._reader.open(self._claims)

    async def put(self, partition: int, compression: str | None = None) -> list[str]:
        """One batch onto one partition; the ids of its reads."""
        first, self._sent = self._sent, self._sent + BATCH
        reads = [Read(f"CAM{partition}", AT, "AB01CDE", f"r-{n:05d}") for n in range(first, self._sent)]
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, compression_type=compression, max_batch_size=1 << 20
        )
        async with producer:
            batch = producer.create_batch()
            for read in reads:
                batch.append(key=None, value=wire_read.encode(read), timestamp=None)
            await (await producer.send_batch(batch, self.topic, partition=partition))
        return [read.read_id for read in reads]

    async def take_until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not enough():
                slices = await self._reader.take(4_000, 0.2)
                for part in slices:
                    assert self._claims.done(part)
                    self.taken += [read.read_id for read in part.reads]
                await self._reader.commit(slices)

    def paused(self) -> bool:
        label = f"{self.topic}-{BAD}"
        return self.metrics.registry.get_sample_value("anpr_partition_paused", {"partition": label}) == 1.0

    async def close(self) -> None:
        await self._reader.close()


@pytest.fixture
async def rig(kafka_bootstrap: str, topics: Topics) -> AsyncIterator[Rig]:
    """A rig on the broker of the run."""
    made = Rig(kafka_bootstrap, topics)
    await made.make_topic()
    yield made
    await made.close()


async def fill(rig: Rig, bad_compression: str | None = None) -> tuple[list[str], list[str]]:
    """Batches on every partition; on the bad one a good, a bad and a good one. Returns the ids that can
    be had, and those from the bad batch on."""
    good = []
    for partition in range(PARTITIONS):
        good += await rig.put(partition)
    behind = await rig.put(BAD, bad_compression)
    behind += await rig.put(BAD)
    for partition in sorted(set(range(PARTITIONS)) - {BAD}):
        good += await rig.put(partition)
    return good, behind


async def test_a_codec_that_is_missing_pauses_one_partition_only(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the codec of one batch all other partitions go on, and nothing before it is lost; once the
    codec is there, the partition goes on where it stopped."""
    good, behind = await fill(rig, "zstd")
    with monkeypatch.context() as patch:
        patch.setattr(aiokafka.codec, "has_zstd", lambda: False)
        await rig.open()
        await rig.take_until(lambda: len(rig.taken) >= len(good) and rig.paused())
        assert sorted(rig.taken) == sorted(good)
        good += await rig.put(0)
        await rig.take_until(lambda: len(rig.taken) >= len(good))
    await rig.take_until(lambda: len(rig.taken) >= len(good) + len(behind))
    assert sorted(rig.taken) == sorted(good + behind)
    assert not rig.paused()


async def test_a_batch_spoilt_on_the_brokers_disk_pauses_one_partition_only(
    own_kafka: Kafka, topics: Topics
) -> None:
    """With a wrong CRC in one batch all other partitions go on; once it is mended, so does that one."""
    rig = Rig(own_kafka.bootstrap, topics)
    await rig.make_topic()
    good, behind = await fill(rig)
    segment = own_kafka.folder / "data" / f"{rig.topic}-{BAD}" / "00000000000000000000.log"
    flip(segment, behind[1])
    await rig.open()
    await rig.take_until(lambda: len(rig.taken) >= len(good) and rig.paused())
    assert sorted(rig.taken) == sorted(good)
    good += await rig.put(1)
    await rig.take_until(lambda: len(rig.taken) >= len(good))
    flip(segment, behind[1])
    await rig.take_until(lambda: len(rig.taken) >= len(good) + len(behind))
    assert sorted(rig.taken) == sorted(good + behind)
    assert not rig.paused()
    await rig.close()


def flip(segment: Path, read_id: str) -> None:
    """Turn over one bit beside the read's id in the broker's file; twice, and it is as before."""
    place = segment.read_bytes().index(read_id.encode()) - 1
    with segment.open("r+b") as file:
        file.seek(place)
        bit = file.read(1)[0] ^ 1
        file.seek(place)
        file.write(bytes([bit]))
