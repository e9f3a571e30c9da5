"""What every way back for dead letters promises, and what remembers that they took it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.topics import create_missing, reads_topic
from anpr_match.backends.kafka.way_back import KafkaWayBack
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.read_log import LocalReadLog
from anpr_match.backends.local.way_back import LocalWayBack
from anpr_match.backends.memory.clock import START
from anpr_match.backends.memory.dead_letters import MemoryReplays, MemoryWayBack
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.replays import SqlReplays
from anpr_match.domain.errors import SetUp
from anpr_match.ports.dead_letters import DeadLetter, Replays, WayBack
from anpr_match.ports.read_log import Partition, Unreadable
from anpr_match.wire import read as wire_read
from tests.contract.claims import LedgerClaims
from tests.contract.read_logs import Backend, Kafka, Local, Memory, Taken, a_read, take
from tests.contract.stores import Stores
from tests.services.fixtures import Topics

SOURCE = Partition("another-topic", 99)


@dataclass
class Road:
    """A way back, and the log that it leads into. The log is looked at when the way is closed."""

    way: WayBack
    log: Callable[[], Backend]


@pytest.fixture(params=["memory", "local", "kafka"])
async def road(request: pytest.FixtureRequest, tmp_path: Path, topics: Topics) -> Road:
    """Each way in turn."""
    if request.param == "memory":
        memory = Memory()
        return Road(MemoryWayBack(memory._log), lambda: memory)
    if request.param == "local":
        return Road(LocalWayBack(tmp_path, SystemClock()), lambda: Local(tmp_path))
    kafka = Kafka(request.getfixturevalue("kafka_bootstrap"), topics)
    await kafka.make_topic()
    client = Client(request.getfixturevalue("kafka_bootstrap"))
    return Road(KafkaWayBack(client, topics.topic()), lambda: kafka)


def a_letter(value: bytes | None, source: Partition = SOURCE, offset: int = 7) -> DeadLetter:
    return DeadLetter(source, Unreadable(offset, value, "not_json", ""), START)


async def test_bytes_come_to_the_matcher_again(road: Road) -> None:
    """What can be read by now is a read; what cannot is unreadable again, byte for byte."""
    broken = b'{"camera_id": "CAM001", \xff'
    for value in (wire_read.encode(a_read(1)), broken, b"", wire_read.encode(a_read(2))):
        assert await road.way.put(a_letter(value))
    await road.way.close()
    await road.way.close()
    log = road.log()
    reader, claims, taken = log.reader(), LedgerClaims(), Taken()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) + len(taken.unreadable) >= 4)
    await reader.close()
    await log.close()
    assert sorted(taken.ids) == ["r-00001", "r-00002"]
    assert sorted(letter.value or b"" for letter in taken.unreadable) == [b"", broken]


async def test_a_break_in_the_value_is_no_end(road: Road) -> None:
    """A read that was sent over several lines goes back as one record."""
    spread = wire_read.encode(a_read(3)).replace(b",", b",\r\n  ")
    assert await road.way.put(a_letter(spread))
    assert await road.way.put(a_letter(None))
    await road.way.close()
    log = road.log()
    reader, claims, taken = log.reader(), LedgerClaims(), Taken()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) + len(taken.unreadable) >= 2)
    await reader.close()
    await log.close()
    assert (taken.ids, len(taken.unreadable)) == (["r-00003"], 1)


async def test_a_letter_goes_to_its_own_partition(kafka_bootstrap: str, topics: Topics) -> None:
    """A Kafka record goes back to the partition that it came from, so that it stays with its camera."""
    client = Client(kafka_bootstrap)
    await create_missing(client, [reads_topic(topics.topic(), 4, 1)])
    way = KafkaWayBack(client, topics.topic())
    for number in (3, 3, 1):
        assert await way.put(a_letter(b"x", Partition(topics.topic(), number)))
    await way.close()
    onlooker = client.onlooker()
    await onlooker.start()
    ends = await onlooker.end_offsets([TopicPartition(topics.topic(), number) for number in range(4)])
    await onlooker.stop()
    assert [ends[TopicPartition(topics.topic(), number)] for number in range(4)] == [0, 1, 0, 2]


async def test_what_kafka_does_not_take_is_said(kafka_bootstrap: str, topics: Topics) -> None:
    """A letter larger than the reads topic takes is refused, and the next one goes."""
    client = Client(kafka_bootstrap)
    await create_missing(client, [reads_topic(topics.topic(), 1, 1)])
    way = KafkaWayBack(client, topics.topic())
    assert not await way.put(a_letter(random.Random(1).randbytes(2_000_000)))
    assert await way.put(a_letter(b"x"))
    await way.close()


async def test_the_local_way_is_shut_while_a_service_runs(tmp_path: Path) -> None:
    """Two writers of one local log would overwrite one another: the second is refused."""
    log = LocalReadLog(tmp_path, SystemClock())
    with pytest.raises(SetUp, match="another anpr-match"):
        LocalWayBack(tmp_path, SystemClock())
    await log.close()


@pytest.fixture
def replays(stores: Stores) -> Replays:
    """The memory of what was put back, beside the stores."""
    beneath = stores.beneath
    return SqlReplays(beneath) if isinstance(beneath, Database) else MemoryReplays(beneath)


async def test_what_was_put_back_is_remembered(replays: Replays, stores: Stores) -> None:
    """Each letter with the time it was put back last, and each act in the audit, also of many at once."""
    ids = [f"reads/0/{n}" for n in range(1_200)]
    assert await replays.replayed(ids) == {}
    await replays.note(ids, "cli:kim", "the gateway is mended", START)
    later = START + timedelta(minutes=1)
    await replays.note(ids[:2], "cli:kim", "again", later)
    marks = await replays.replayed([*ids, "reads/9/9"])
    assert [marks[ids[0]], marks[ids[1]], marks[ids[1_199]]] == [later, later, START]
    assert len(marks) == 1_200
    records = [record async for record in stores.audit.records()]
    assert len(records) == 1_202
    assert (records[0].action, records[0].subject) == ("dead_letter.replay", "reads/0/0")
    assert await stores.audit.verify() is None
