"""What every keeper of dead letters promises: memory, the local file, a Kafka topic."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.dead_letters import KafkaDeadLetters
from anpr_match.backends.kafka.topics import create_missing, dead_letters_topic
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.dead_letters import LocalDeadLetters
from anpr_match.backends.memory.dead_letters import MemoryDeadLetters
from anpr_match.ports.dead_letters import DeadLetter, DeadLetters
from anpr_match.ports.read_log import Partition, Unreadable
from tests.services.fixtures import Topics

SOURCE = Partition("reads", 3)


@pytest.fixture(params=["memory", "local", "kafka"])
async def letters(
    request: pytest.FixtureRequest, tmp_path: Path, topics: Topics
) -> AsyncIterator[DeadLetters]:
    """Each keeper in turn."""
    made: DeadLetters = MemoryDeadLetters(SystemClock())
    if request.param == "local":
        made = LocalDeadLetters(tmp_path, SystemClock())
    if request.param == "kafka":
        client = Client(request.getfixturevalue("kafka_bootstrap"))
        await create_missing(client, [dead_letters_topic(topics.topic("dlq"), 1)])
        made = KafkaDeadLetters(client, topics.topic("dlq"))
    yield made
    await made.close()


def an_unreadable(offset: int, value: bytes | None) -> Unreadable:
    """A record that nobody can read."""
    return Unreadable(offset, value, "not_json", "The value is not JSON.")


async def test_original_bytes_are_kept_with_source_and_reason(letters: DeadLetters) -> None:
    """Null, empty, binary and very large values come back byte for byte, with where they came from."""
    values = [None, b"", b"\xff\0\r\n", b"x" * 900_000, bytes(range(256)) * 4095]
    unreadable = [an_unreadable(offset, value) for offset, value in enumerate(values)]
    await letters.keep(SOURCE, unreadable)
    kept = await letters.kept(10)
    assert [letter.unreadable for letter in kept] == unreadable
    assert {letter.source for letter in kept} == {SOURCE}
    assert all(letter.at.tzinfo is not None for letter in kept)


async def test_the_newest_are_given_oldest_first(letters: DeadLetters) -> None:
    """`kept` is bounded, and gives the last ones in the order they were kept."""
    for offset in range(5):
        await letters.keep(SOURCE, [an_unreadable(offset, b"%d" % offset)])
    assert [letter.unreadable.offset for letter in await letters.kept(3)] == [2, 3, 4]
    assert await letters.kept(0) == []


async def test_none_are_kept_at_first(letters: DeadLetters) -> None:
    """An empty keeper says so, and keeping nothing keeps nothing."""
    await letters.keep(SOURCE, [])
    assert await letters.kept(10) == []


async def test_close_twice_is_once(letters: DeadLetters) -> None:
    """Closing again does nothing."""
    await letters.keep(SOURCE, [an_unreadable(0, b"x")])
    await letters.close()
    await letters.close()


async def test_all_are_given_as_they_were_kept(letters: DeadLetters) -> None:
    """Every letter is read, oldest first, also one of many large ones, and none that comes meanwhile."""
    for first in range(0, 250, 50):
        await letters.keep(SOURCE, [an_unreadable(n, b"x" * 20_000) for n in range(first, first + 50)])
    found: list[DeadLetter] = []
    async for letter in letters.all_kept():
        if not found:
            await letters.keep(SOURCE, [an_unreadable(999, b"later")])
        found.append(letter)
    assert [letter.unreadable.offset for letter in found] == list(range(250))
    assert found[7].letter_id == "reads/3/7"
    assert all(letter.whole for letter in found)


async def test_nobody_reads_to_the_end(letters: DeadLetters) -> None:
    """Who stops reading in the middle holds nothing up."""
    await letters.keep(SOURCE, [an_unreadable(n, b"x") for n in range(5)])
    async for _letter in letters.all_kept():
        break
    assert len(await letters.kept(9)) == 5


async def test_nothing_is_forgotten_before_its_time(letters: DeadLetters) -> None:
    """Forgetting takes what was kept before a time and leaves the rest; a topic does it by itself."""
    await letters.keep(SOURCE, [an_unreadable(0, b"x")])
    (kept,) = await letters.kept(9)
    assert await letters.forget(kept.at) == 0
    assert await letters.kept(9) == [kept]
    forgotten = await letters.forget(kept.at + timedelta(seconds=1))
    assert len(await letters.kept(9)) == 1 - forgotten
