"""Ends the servers of a run that was itself killed.

A run that ends in any orderly way stops its own servers. One that is killed cannot; so a small
watcher process holds the other end of a pipe, and when the pipe closes it kills every process
group that is still on its list, and removes its folder.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


class Lifeline:
    """The run's end of the pipe. The watcher is started with the first process group."""

    def __init__(self) -> None:
        self._watcher: subprocess.Popen[str] | None = None

    def add(self, group: int, folder: Path) -> None:
        self._tell(f"{group} {folder}")

    def remove(self, group: int) -> None:
        self._tell(f"{group}")

    def _tell(self, line: str) -> None:
        if self._watcher is None:
            self._watcher = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, text=True, start_new_session=True
            )
            atexit.register(self._close)
        assert self._watcher.stdin is not None
        self._watcher.stdin.write(f"{line}\n")
        self._watcher.stdin.flush()

    def _close(self) -> None:
        if self._watcher is not None and self._watcher.stdin is not None:
            self._watcher.stdin.close()
            self._watcher.wait(timeout=10)


def _watch() -> None:
    folders: dict[int, str] = {}
    for line in sys.stdin:
        group, _, folder = line.rstrip("\n").partition(" ")
        if folder:
            folders[int(group)] = folder
        else:
            folders.pop(int(group), None)
    for left, folder in folders.items():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(left, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _watch()
