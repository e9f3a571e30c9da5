"""A disk that fills up: a small one of its own where that is allowed, else a limit on the size of files."""

import os
import resource
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class Disk(Protocol):
    """Room for a service's data. What it has is bounded while this lasts, until `grow`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, pid: int) -> None:
        """The process that writes there was started (again)."""
        ...

    def grow(self) -> None:
        """There is room again."""
        ...


class SmallDisk:
    """A file system in memory of a few MiB, mounted on `folder`. Needs root."""

    def __init__(self, folder: Path, mib: int) -> None:
        self._folder = folder
        self._mib = mib

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={self._mib}m", "tmpfs", str(self._folder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Lazily: a failed test may have left a process on it.
        _run("umount", "--lazy", str(self._folder))

    def started(self, pid: int) -> None:
        """The disk is as small for whoever comes."""

    def grow(self) -> None:
        _run("mount", "-o", "remount,size=1g", str(self._folder))


class SmallFiles:
    """No file of the process may grow beyond so many MiB. Anybody may bound processes of their own."""

    def __init__(self, folder: Path, mib: int) -> None:
        self._folder = folder
        self._bytes = mib * 1024 * 1024
        self._pid: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A limit ends with its process."""

    def started(self, pid: int) -> None:
        self._pid = pid
        self._limit(self._bytes)

    def grow(self) -> None:
        self._bytes = resource.RLIM_INFINITY
        self._limit(self._bytes)

    def _limit(self, size: int) -> None:
        assert self._pid is not None
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def mounting_allowed(folder: Path) -> bool:
    """Whether this machine lets us mount a disk: as root, and not in every container."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    try:
        with SmallDisk(folder, 1):
            return True
    except subprocess.CalledProcessError:
        return False


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=20)
