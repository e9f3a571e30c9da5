"""Dead letters back into the local read log, which no service may have open meanwhile."""

import sqlite3
from pathlib import Path

from anpr_match.backends.local.lock import FolderLock
from anpr_match.backends.local.read_log import BOUNDS, FILE, INSERT, SCHEMA
from anpr_match.backends.local.sqlite_file import SqliteFile
from anpr_match.domain.errors import Unavailable
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetter

_BREAKS = bytes.maketrans(b"\r\n", b"  ")


class LocalWayBack:
    """Holds the data folder. Raises `SetUp` when a service runs on it, `Unavailable`.

    A record of this log is a line. A break of the line, which only letters of another log can hold,
    becomes a space: to JSON the two are the same.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._lock = FolderLock(folder)
        try:
            self._file = SqliteFile(folder / FILE, SCHEMA)
        except Unavailable:
            self._lock.release()
            raise
        self._closed = False

    async def put(self, letter: DeadLetter) -> bool:
        line = (letter.unreadable.value or b"").translate(_BREAKS) + b"\n"
        written_at = self._clock.now().timestamp()

        def put(connection: sqlite3.Connection) -> None:
            head = connection.execute(BOUNDS).fetchone()[1]
            connection.execute(INSERT, (head, 1, written_at, line))

        await self._file.run(put)
        return True

    async def close(self) -> None:
        """Twice is once."""
        if not self._closed:
            self._closed = True
            self._file.close()
            self._lock.release()
