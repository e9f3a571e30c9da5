"""The memory of plates seen and of sightings as a file, readable by its owner alone."""

import asyncio
import contextlib
import os
import secrets
from pathlib import Path

from anpr_match.domain.errors import SetUp, Unavailable

FILE = "seen.bin"
KEY_FILE = "seen.key"
KEY_BYTES = 32


class LocalSeenStore:
    """A file in `folder`. Two processes must not share one: the later save wins."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def key(self) -> bytes:
        """The key that was made here, at first use. Raises `SetUp` when it cannot be kept."""
        path = self._path.with_name(KEY_FILE)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(secrets.token_bytes(KEY_BYTES))
            return path.read_bytes()
        except OSError as error:
            raise SetUp(f"the key of the memory of plates seen cannot be kept: {error.strerror}") from error

    def load(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except OSError:
            return None

    async def save(self, memory: bytes) -> None:
        try:
            await asyncio.to_thread(self._replace, memory)
        except OSError as error:
            raise Unavailable(f"the memory of plates seen cannot be saved: {error.strerror}") from error

    def _replace(self, memory: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(memory)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError:
            # On a full disk the half of it would take the room that hits need.
            new.unlink(missing_ok=True)
            raise
