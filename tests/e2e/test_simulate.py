"""`anpr-match simulate` as a process: onto a real topic, and at the door of a running service."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from anpr_match.domain.read import Read
from anpr_match.wire import read as wire_read
from tests.e2e.desk import Desk
from tests.e2e.service import Service
from tests.services.fixtures import Topics
from tests.services.loopback import free_port, wait_until

WAIT_S = 60.0


def simulate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
    return subprocess.run(
        [sys.executable, "-m", "anpr_match", "simulate", *words],
        env=env,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )


async def test_traffic_goes_onto_a_topic(kafka_bootstrap: str, topics: Topics, tmp_path: Path) -> None:
    """As many reads as rate and duration ask for lie on the topic, each one that the service can read."""
    topic = topics.topic("simulated")
    words = ("--to", f"kafka://{kafka_bootstrap}/{topic}", "--rate", "200", "--duration", "2", "--seed", "3")
    ended = await asyncio.to_thread(simulate, tmp_path, *words)
    assert ended.returncode == 0, ended.stderr
    assert "400 reads" in ended.stderr
    values: list[bytes | None] = []
    async with (
        asyncio.timeout(WAIT_S),
        AIOKafkaConsumer(topic, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest") as consumer,
    ):
        while len(values) < 400:
            values.append((await consumer.getone()).value)
    assert all(isinstance(wire_read.decode(value), Read) for value in values)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """An embedded service, not yet started."""
    return Service({}, tmp_path, free_port())


def test_the_story_gives_hits_at_a_running_service(service: Service, tmp_path: Path) -> None:
    """With a gateway's and an analyst's token the story lists its vehicles and its first cars are hits."""
    desk = Desk.register(service)
    service.start()
    try:
        tokens = ("--token", desk.camera, "--analyst-token", desk.analyst)
        ended = simulate(tmp_path, "--scenario", "astare", "--to", desk.url, "--duration", "8", *tokens)
        assert ended.returncode == 0, ended.stderr
        wait_until(lambda: bool(desk.call("GET", "/v1/hits", desk.patrol).json()["items"]), WAIT_S, "a hit")
    finally:
        desk.client.close()
        service.kill()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--to", "http://127.0.0.1:9"), 2, "--token"),
        (("--to", "http://127.0.0.1:9", "--token", "anpr_x", "--duration", "1"), 1, "does not answer"),
        (("--to", "kafka://127.0.0.1:9092"), 1, "kafka://host:port/topic"),
        (("--to", "ftp://127.0.0.1", "--token", "anpr_x"), 1, "http://127.0.0.1:8000"),
        (("--to", "http://127.0.0.1:9", "--token", "anpr_x", "--force", "mars"), 1, "herts"),
    ],
)
def test_a_bad_address_is_told_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    """What cannot be done is said in words, with the exit code that the contract has."""
    ended = simulate(tmp_path, *words)
    assert ended.returncode == code, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
