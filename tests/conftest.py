"""What every test may use, and what none may depend on.

To add a fixture: one tier only, then into the conftest.py of that tier (tests/contract/, …); a real
server, then into tests/services/fixtures.py; else here. A fixture has a type and one sentence.
"""

import logging
import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

pytest_plugins = ["tests.services.fixtures", "tests.services.tally"]

# Whoever runs the tests may run the service too; its settings are none of the tests' business.
for _name in [name for name in os.environ if name.upper().startswith("ANPR_")]:
    del os.environ[_name]


def pytest_configure() -> None:
    """End in order when asked to end, so that the servers of the run are stopped too."""
    signal.signal(signal.SIGTERM, _end)


def _end(_signal: int, _frame: FrameType | None) -> None:
    pytest.exit("terminated", returncode=143)


@pytest.fixture(autouse=True)
def nothing_is_only_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test in which a task's exception reached nobody and was only logged by the event loop."""
    yield
    told = [record for when in ("setup", "call") for record in caplog.get_records(when)]
    lost = [record for record in told if record.name == "asyncio" and record.levelno >= logging.ERROR]
    assert not lost, "\n".join(record.getMessage() for record in lost)
