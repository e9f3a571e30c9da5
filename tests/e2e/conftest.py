"""A running service on the embedded and on the scale-out set, for one scenario written once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.commands import Run, runner
from tests.e2e.desk import Desk
from tests.e2e.service import Service
from tests.services.fixtures import Topics
from tests.services.loopback import free_port


@pytest.fixture(params=["embedded", "scaleout"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """The service, not yet started, with nothing in it."""
    env = _scaleout(request) if request.param == "scaleout" else {}
    service = Service(env, tmp_path, free_port())
    yield service
    service.kill()


@pytest.fixture
def desk(service: Service) -> Iterator[Desk]:
    """Tokens of every role at the service, which is running."""
    desk = Desk.register(service)
    service.start()
    yield desk
    desk.client.close()


def _scaleout(request: pytest.FixtureRequest) -> dict[str, str]:
    topics: Topics = request.getfixturevalue("topics")
    return {
        "ANPR_KAFKA__BOOTSTRAP": request.getfixturevalue("kafka_bootstrap"),
        "ANPR_KAFKA__READS_TOPIC": topics.topic("reads"),
        "ANPR_KAFKA__DEAD_LETTERS_TOPIC": topics.topic("dlq"),
        "ANPR_KAFKA__GROUP": topics.group(),
        "ANPR_KAFKA__PARTITIONS": "3",
        "ANPR_DATABASE__URL": request.getfixturevalue("postgres_url"),
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs commands in a folder where nothing is yet."""
    return runner(tmp_path)
