"""A folder that belongs to one process at a time."""

import fcntl
import os
from pathlib import Path
from typing import Self

from anpr_match.domain.errors import SetUp


class FolderLock:
    """Holds `folder` until `release` or the death of the process, however it dies.

    Raises `SetUp` if another process holds it. Does not work over network file systems without locks.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # The file stays when the lock goes: removing it would let two processes lock two files.
        self._descriptor: int | None = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise SetUp(
                f"another anpr-match is running on the data folder {folder}: "
                "stop it, or name another folder with ANPR_DATA__DIR"
            ) from None

    def release(self) -> None:
        """Give the folder back. Twice is once."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
