"""Counts the tests that really used a real service, and says so at the end of the run.

A run that quietly tested nothing but memory would look as green as any other. In CI a service
that no test used fails the run.
"""

import os
from collections import Counter
from collections.abc import Generator

import pytest

# What a test must have asked for, directly or through other fixtures, to count.
_FIXTURES = {
    "kafka": {"kafka", "own_kafka"},
    "postgresql": {"postgres", "own_postgres"},
    "chromium": {"chromium"},
}
_USED: pytest.StashKey[Counter[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_USED] = Counter(dict.fromkeys(_FIXTURES, 0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    yield  # A test that failed or skipped itself raises here, and does not count.
    if isinstance(item, pytest.Function):
        asked = set(item._request.fixturenames)  # the only list with those asked for while running
        for service, fixtures in _FIXTURES.items():
            item.config.stash[_USED][service] += bool(fixtures & asked)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _must_use_all(session.config) and 0 in session.config.stash[_USED].values():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    used = config.stash[_USED]
    counts = ", ".join(f"{service} {count} tests" for service, count in used.items())
    terminalreporter.write_line(f"real services: {counts}")
    if _must_use_all(config) and 0 in used.values():
        terminalreporter.write_line("a real service was used by no test: the run has failed", red=True)


def _must_use_all(config: pytest.Config) -> bool:
    """In CI, when the whole of the tests was asked for."""
    narrowed = config.option.keyword or config.option.markexpr or config.option.lf
    whole = config.args_source is not config.ArgsSource.ARGS
    return bool(os.environ.get("CI")) and whole and not narrowed and not config.option.collectonly
