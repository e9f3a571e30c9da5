"""A server that can be started, stopped, killed and started again on the same port and data."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.services import loopback
from tests.services.lifeline import Lifeline

_LIFELINE = Lifeline()


class Account(NamedTuple):
    """A user of this machine, as numbers."""

    uid: int
    gid: int


class Server:
    """One process group with its log file; every wait has a limit.

    `start` and `stop` may be called twice. `kill` is SIGKILL to the whole group: what the server
    had not written down is gone.
    """

    START_LIMIT_S = 90.0
    STOP_LIMIT_S = 30.0

    def __init__(self, name: str, folder: Path, port: int, stop_signal: signal.Signals) -> None:
        self.name = name
        self.folder = folder
        self.port = port
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    @property
    def log(self) -> Path:
        """What the server printed since it was last started."""
        return self.folder / f"{self.name}-{self._starts}.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def command(self) -> Sequence[str]:
        """The command that runs the server in the foreground."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether the server takes work."""
        return loopback.accepts(self.port)

    def account(self) -> Account | None:
        """Who runs the server, when that must be another than who runs the tests."""
        return None

    def start(self) -> None:
        """Start, and return when the server takes work."""
        if self.running:
            return
        self._starts += 1
        account = self.account()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                user=account and account.uid,
                group=account and account.gid,
                extra_groups=account and [],
            )
        _LIFELINE.add(self._process.pid, self.folder)
        try:
            loopback.wait_until(self._up_or_dead, self.START_LIMIT_S, f"{self.name} to start")
            if not self.running:
                raise loopback.NotThereError(f"{self.name} ended while starting")
        except loopback.NotThereError as error:
            self.kill()
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise loopback.NotThereError(f"{error}; the end of its log:\n{tail}") from None

    def _up_or_dead(self) -> bool:
        return not self.running or self.ready()

    def stop(self) -> None:
        """Ask the server to stop, wait for it, and kill it when it takes too long."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self._stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self.STOP_LIMIT_S)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, and return when nothing of the server is left."""
        if self._process is None:
            return
        group = self._process.pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait(self.STOP_LIMIT_S)
        loopback.wait_until(lambda: _group_is_gone(group), self.STOP_LIMIT_S, f"{self.name} to be gone")
        _LIFELINE.remove(group)
        self._process = None

    def restart(self) -> None:
        """Stop and start again: same port, same data."""
        self.stop()
        self.start()


def _group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False
