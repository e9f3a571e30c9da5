"""Named places in the hot path where a fault can be made to happen, for tests of faults.

`after_db_commit:kill@3` kills the process (SIGKILL, as a crash) the third time it comes by. Several are
separated by commas. Actions: `kill`; `sleep(S)`, which blocks the event loop for S seconds; `raise`, an
error that nobody expects; `away`, as if a part outside were away. Without `@n` it happens each time.
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from anpr_match.domain.errors import SetUp, Unavailable

NAMES = ("after_decode", "after_match", "after_db_commit", "after_announce", "after_offset_commit")
"""In the order in which a batch comes by them."""

Pass = Callable[[str], None]

_FORM = re.compile(r"(?P<name>\w+):(?P<action>kill|raise|away|sleep\((?P<sleep_s>[\d.]+)\))(@(?P<nth>\d+))?")


class FailpointError(Exception):
    """Raised by a failpoint on purpose."""


def none(name: str) -> None:
    """No failpoint is set."""


@dataclass(frozen=True, slots=True)
class _Failpoint:
    name: str
    action: str
    sleep_s: float
    nth: int | None


class Failpoints:
    """Comes into being only when some are set. Raises `SetUp` for what is no failpoint."""

    def __init__(self, text: str) -> None:
        self._failpoints = [_parsed(one.strip()) for one in text.split(",")]
        self._passed: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        self._passed[name] += 1
        for failpoint in self._failpoints:
            if failpoint.name == name and failpoint.nth in (None, self._passed[name]):
                _act(failpoint)


def _parsed(text: str) -> _Failpoint:
    found = _FORM.fullmatch(text)
    if found is None or found["name"] not in NAMES:
        raise SetUp(
            f"{text} is no failpoint; one is NAME:ACTION or NAME:ACTION@N, NAME of {', '.join(NAMES)}"
        )
    nth = int(found["nth"]) if found["nth"] else None
    return _Failpoint(found["name"], found["action"].split("(")[0], float(found["sleep_s"] or 0), nth)


def _act(failpoint: _Failpoint) -> None:
    if failpoint.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif failpoint.action == "sleep":
        time.sleep(failpoint.sleep_s)
    elif failpoint.action == "away":
        raise Unavailable(f"the failpoint {failpoint.name} is set")
    else:
        raise FailpointError(failpoint.name)
