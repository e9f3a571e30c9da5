"""A running service on the embedded and on the scale-out set, for one scenario written once, and its page."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.e2e.commands import Run, runner
from tests.e2e.desk import Desk
from tests.e2e.screen import Screen
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


@pytest.fixture(scope="module")
def running(
    real_services: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One embedded service for the tests of a file, not yet started, by its `SETTINGS` if it has any.

    Each test lists plates of its own.
    """
    settings = getattr(request.module, "SETTINGS", {})
    service = Service(settings, tmp_path_factory.mktemp("running"), free_port())
    yield service
    service.kill()


@pytest.fixture
async def screen(desk: Desk, page: Page) -> AsyncIterator[Screen]:
    """The page, signed in and live. Afterwards the browser must have had nothing to complain of."""
    screen = Screen(page, desk.url)
    await screen.sign_in(desk.patrol)
    await screen.live()
    yield screen
    screen.silent()


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
