"""What the doctor asks of real brokers and databases."""

import os
from pathlib import Path

import pytest

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.facts import facts
from anpr_match.backends.kafka.topics import create_missing, dead_letters_topic, reads_topic
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.dead_letters import LocalDeadLetters
from anpr_match.bootstrap import inspection
from anpr_match.ports.read_log import Partition, Unreadable
from anpr_match.settings import Data, Database, Settings
from tests.services.fixtures import Topics


async def test_topics_say_what_they_are(kafka_bootstrap: str, topics: Topics) -> None:
    """Partitions, replicas, retention and bounds are told of each topic that is there."""
    client = Client(kafka_bootstrap)
    names = [topics.topic(), topics.topic("dlq")]
    await create_missing(client, [reads_topic(names[0], 4, 1), dead_letters_topic(names[1], 1, days=3.0)])
    found = await facts(client, [*names, topics.topic("none")])
    assert set(found) == set(names)
    reads, letters = found[names[0]], found[names[1]]
    assert (reads.partitions, reads.replicas, reads.out_of_sync, reads.min_insync) == (4, 1, 0, 1)
    assert (letters.partitions, letters.retention_s) == (1, 3 * 86_400.0)
    assert letters.message_bytes_max == 4 * 1024 * 1024


async def test_the_clock_of_the_database_is_compared(postgres_url: str, tmp_path: Path) -> None:
    """On one machine the two clocks agree; SQLite has none of its own."""
    settings = Settings(data=Data(dir=tmp_path), database=Database(url=postgres_url))  # type: ignore[arg-type]  # pydantic hides it
    ahead_s = await inspection.clock_ahead_s(settings)
    assert ahead_s is not None
    assert abs(ahead_s) < 2.0
    assert await inspection.clock_ahead_s(Settings(data=Data(dir=tmp_path))) is None


async def test_dead_letters_are_counted_and_none_are_made(tmp_path: Path) -> None:
    """A look at a folder that never kept one leaves no file behind; what is kept is counted."""
    settings = Settings(data=Data(dir=tmp_path))
    assert await inspection.letters(settings) is None
    assert files(tmp_path) == []
    keeper = LocalDeadLetters(tmp_path, SystemClock())
    await keeper.keep(Partition("local.x", 0), [Unreadable(1, b"{", "not_json", "")])
    await keeper.close()
    overview = await inspection.letters(settings)
    assert overview is not None
    assert (overview.by_reason, overview.waiting) == ({"not_json": 1}, 1)


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine that runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ANPR_")]:
        monkeypatch.delenv(name)
