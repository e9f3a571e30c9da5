"""`anpr-match serve` as a process, and the commands that make its registers, as a user runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

from anpr_match.settings import Settings

READY_S = 60.0
STOP_S = 60.0
DROPPED = ("ANPR_", "PYTHONDONTWRITEBYTECODE")
"""Settings of whoever runs the tests, and what makes every process compile its libraries anew."""


@dataclass
class Service:
    """One service process with its environment; `start` and `stop` any number of times."""

    env: Mapping[str, str]
    folder: Path
    port: int
    roles: str | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def command(self, *words: str) -> Any:
        """Run a command of the service's own set; its JSON."""
        ended = subprocess.run(
            [*_anpr_match(), *words, "--json"],
            env=self._env(),
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return json.loads(ended.stdout)

    def settings(self) -> Settings:
        """Where the process has its stores, as it takes that from its environment."""
        parts: dict[str, Any] = {"data": {"dir": self.folder / "data"}, "database": {}, "kafka": {}}
        for name, value in self.env.items():
            part, _, word = name.removeprefix("ANPR_").lower().partition("__")
            if part in parts:
                parts[part][word] = value
        return Settings(**parts)

    def upgrade_database(self) -> None:
        subprocess.run(
            [*_anpr_match(), "db", "upgrade"], env=self._env(), cwd=self.folder, check=True, timeout=60
        )

    @property
    def pid(self) -> int | None:
        """Of the process, while one was started and not ended by us."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.spawn()
        self.until_ready()

    def spawn(self) -> None:
        """Start the process and do not wait."""
        words = ["serve", "--port", str(self.port), *(["--roles", self.roles] if self.roles else [])]
        with self.log.open("ab") as log:
            self._process = self._spawned(words, log)

    def _spawned(self, words: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*_anpr_match(), *words], env=self._env(), cwd=self.folder, stdout=log, stderr=log
        )

    def until_ready(self) -> None:
        end_s = time.monotonic() + READY_S
        while time.monotonic() < end_s:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()[-4000:]
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError("not ready: " + self.log.read_text()[-4000:])

    def ended(self) -> int:
        """Wait for a process that ends by itself; its exit code."""
        assert self._process is not None
        return self._process.wait(READY_S)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(STOP_S)
        self._process = None
        return code

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
        return {**kept, "ANPR_DATA__DIR": str(self.folder / "data"), **self.env}


def _anpr_match() -> list[str]:
    return [sys.executable, "-m", "anpr_match"]
