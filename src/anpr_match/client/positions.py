"""Where a device keeps its place in the log between two runs."""

from pathlib import Path
from typing import Protocol

import msgspec

from anpr_match.client import files
from anpr_match.domain.event import Position


class Positions(Protocol):
    """Keeps one position. A device that lost it begins at the newest event."""

    def load(self) -> Position | None: ...

    def save(self, position: Position) -> None: ...


class MemoryPositions:
    """Forgets with the process."""

    def __init__(self, position: Position | None = None) -> None:
        self._position = position

    def load(self) -> Position | None:
        return self._position

    def save(self, position: Position) -> None:
        self._position = position


class FilePositions:
    """In a file of the device."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Position | None:
        try:
            return msgspec.convert(files.read(self._path), Position)
        except msgspec.ValidationError:
            return None

    def save(self, position: Position) -> None:
        files.write(self._path, position)
