"""`python -m tests.faults.clock FILE serve …`: the service, whose time of day is that of the machine and the
seconds that the file says.

The service asks for the time of day in one place, and that is where it jumps; how long something takes it
asks of another clock, which never jumps (man 2 clock_gettime).
"""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from anpr_match.backends.local.clock import SystemClock
from anpr_match.cli import main
from tests.e2e.service import Service

ROOT = Path(__file__).parents[2]


class Clocked(Service):
    """A service process whose time of day is put forward or back while it runs."""

    def jump(self, by_s: float) -> None:
        """From now on the time of day is so far off."""
        written = self._clock.with_suffix(".new")
        written.write_text(str(by_s))
        written.replace(self._clock)

    @property
    def _clock(self) -> Path:
        return self.folder / "clock"

    def _spawned(self, words: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        self.jump(0)
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.clock", str(self._clock), *words],
            env={**self._env(), "PYTHONPATH": path},
            cwd=self.folder,
            stdout=log,
            stderr=log,
        )


def run(clock: Path) -> None:
    def now(_clock: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(clock.read_text()))

    type.__setattr__(SystemClock, "now", now)
    main()


if __name__ == "__main__":
    run(Path(sys.argv.pop(1)))
