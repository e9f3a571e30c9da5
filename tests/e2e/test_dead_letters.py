"""The commands for dead letters, on both sets and without a running service."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.dead_letters import KafkaDeadLetters
from anpr_match.backends.kafka.topics import create_missing, dead_letters_topic, reads_topic
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.dead_letters import LocalDeadLetters
from anpr_match.ports.read_log import Partition, ReadLog, Unreadable
from anpr_match.wire import read as wire_read
from tests.contract.claims import LedgerClaims
from tests.contract.read_logs import Backend, Kafka, Local, Taken, a_read, take
from tests.e2e.commands import json_of, runner
from tests.services.fixtures import Topics

BROKEN = b'{"plate": "AB01CDE", \xff'


@dataclass
class Set:
    """Where the commands find what was kept, and the log that letters go back into."""

    env: dict[str, str]
    topic: str
    log: Backend | None
    folder: Path

    def reader(self) -> ReadLog:
        if self.log is None:
            self.log = Local(self.folder / "anpr-data")
        return self.log.reader()


@pytest.fixture(params=["embedded", "kafka"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path, topics: Topics) -> AsyncIterator[Set]:
    """Each set, with two dead letters: a read that a later version understands, and rubbish."""
    if request.param == "embedded":
        letters = LocalDeadLetters(tmp_path / "anpr-data", SystemClock())
        made = Set({}, "local.abc", None, tmp_path)
    else:
        bootstrap = request.getfixturevalue("kafka_bootstrap")
        kafka = Kafka(bootstrap, topics)
        client = Client(bootstrap)
        dlq = topics.topic("dlq")
        await create_missing(client, [reads_topic(topics.topic(), 4, 1), dead_letters_topic(dlq, 1)])
        letters = KafkaDeadLetters(client, dlq)  # type: ignore[assignment]  # one of two keepers
        made = Set(
            {
                "ANPR_KAFKA__BOOTSTRAP": bootstrap,
                "ANPR_KAFKA__READS_TOPIC": topics.topic(),
                "ANPR_KAFKA__DEAD_LETTERS_TOPIC": dlq,
            },
            topics.topic(),
            kafka,
            tmp_path,
        )
    broken = Unreadable(4, BROKEN, "not_utf8", "Byte 21 is not UTF-8.")
    understood = Unreadable(5, wire_read.encode(a_read(1)), "not_a_read", "plate: Must be given.")
    await letters.keep(Partition(made.topic, 0), [broken, understood])
    await letters.close()
    yield made
    if made.log is not None:
        await made.log.close()


@pytest.mark.timeout(300)
async def test_letters_are_listed_shown_and_put_back(kept: Set, tmp_path: Path) -> None:
    """List tells no content, show gives the bytes, and a replay puts back what was not put back before."""
    run = runner(tmp_path)
    listed = run("dead-letters", "list", env=kept.env)
    assert "2  in all, 2 of them not yet put back" in listed.stdout
    assert "AB01CDE" not in listed.stdout
    ids = [f"{kept.topic}/0/4", f"{kept.topic}/0/5"]
    assert all(letter_id in listed.stdout for letter_id in ids)
    shown = json_of(run("dead-letters", "show", ids[0], "--reason", "what is it", "--json", env=kept.env))
    assert base64.b64decode(shown["value_base64"]) == BROKEN
    some = json_of(run("dead-letters", "replay", "--id", ids[0], "--apply", "--json", env=kept.env))
    assert some["put_back"] == ids[:1]
    rest = json_of(run("dead-letters", "replay", "--apply", "--json", env=kept.env))
    assert (rest["put_back"], rest["put_back_before"]) == (ids[1:], 1)

    reader, claims, taken = kept.reader(), LedgerClaims(), Taken()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) + len(taken.unreadable) >= 2)
    await reader.close()
    assert taken.ids == ["r-00001"]
    assert [letter.value for letter in taken.unreadable] == [BROKEN]

    exported = run("audit", "export", env=kept.env).stdout.splitlines()
    acts = [(act["kind"], act["action"], act["subject"]) for act in map(json.loads, exported)]
    assert acts == [
        ("disclosure", "dead_letter.show", ids[0]),
        ("combination", "dead_letter.replay", ids[0]),
        ("combination", "dead_letter.replay", ids[1]),
    ]
