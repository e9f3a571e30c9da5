"""Fixtures for real services. One broker and one server for the whole run, started on first use.

    kafka_bootstrap   `host:port` of the broker (session)
    topics            fresh names of topics and groups (each test)
    postgres_url      a fresh migrated database (each test): postgresql+asyncpg://…
    sqlite_url        a fresh file, not yet migrated (each test): sqlite+aiosqlite:///…
    own_kafka         a broker that the test may kill and restart (each test)
    own_postgres      a server that the test may kill and restart (each test)
    chromium, page    a browser, and one page of it (each test)

A service that is not there is an error, never a skip, unless `--without-services` was given.
"""

import itertools
import os
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from anpr_match.backends.sql import migrate
from tests.services import chromium as chromium_service
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres

_TEMPLATE = "anpr_template"


class Topics:
    """Names that no other test of the run uses. The same word gives the same name again."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def topic(self, word: str = "reads") -> str:
        return f"{self._prefix}.{word}"

    def group(self, word: str = "anpr-match") -> str:
        return f"{self._prefix}.{word}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-services",
        action="store_true",
        help="leave out the tests that need Kafka, PostgreSQL or Chromium (refused in CI)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-services") and os.environ.get("CI"):
        raise pytest.UsageError("--without-services is refused in CI: every test runs there")


@pytest.fixture(scope="session")
def real_services(request: pytest.FixtureRequest) -> None:
    """Skips the test when the person at the keyboard asked for a run without real services."""
    if request.config.getoption("--without-services"):
        pytest.skip("--without-services was given")


@pytest.fixture(scope="session")
def kafka(real_services: None) -> Iterator[Kafka]:
    """The broker of the run. It is shared: a test that breaks things takes `own_kafka`."""
    server = Kafka()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka: Kafka) -> str:
    """Where clients of the run's broker connect first: `host:port`."""
    return kafka.bootstrap


@pytest.fixture
def own_kafka(real_services: None) -> Iterator[Kafka]:
    """A broker for one test, started, to be stopped, killed and restarted at will."""
    server = Kafka()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def topics(request: pytest.FixtureRequest, _numbers: Iterator[int]) -> Topics:
    """Topic and group names of this test alone, with the test's name in them."""
    word = re.sub(r"[^A-Za-z0-9_-]+", "-", request.node.name)[:80]
    return Topics(f"t{next(_numbers)}-{word}")


@pytest.fixture(scope="session")
def postgres(real_services: None) -> Iterator[Postgres]:
    """The server of the run. It is shared: a test that breaks things takes `own_postgres`."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def _template(postgres: Postgres) -> str:
    migrated(postgres, _TEMPLATE)
    return _TEMPLATE


@pytest.fixture
def postgres_url(postgres: Postgres, _template: str, _numbers: Iterator[int]) -> Iterator[str]:
    """The address of a fresh database with every table, for one test."""
    name = f"anpr_{next(_numbers)}"
    yield postgres.create(name, _template)
    postgres.drop(name)


@pytest.fixture
def own_postgres(real_services: None) -> Iterator[Postgres]:
    """A server for one test, started, with a migrated database `anpr`; to be killed at will."""
    server = Postgres()
    try:
        server.start()
        migrated(server, "anpr")
        yield server
    finally:
        server.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a database file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'anpr.db'}"


@pytest.fixture
async def chromium(real_services: None) -> AsyncIterator[Browser]:
    """A browser with a fresh profile."""
    async with chromium_service.browser() as running:
        yield running


@pytest.fixture
async def page(chromium: Browser) -> Page:
    """One page of a fresh browser; it fails rather than waits for more than ten seconds."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(10_000)
    return page


def migrated(server: Postgres, database: str) -> str:
    """Make a database with every table the service needs; its address."""
    url = server.create(database)
    # In a thread, since the migration runs an event loop of its own.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate.upgrade, url).result(timeout=120)
    return url
