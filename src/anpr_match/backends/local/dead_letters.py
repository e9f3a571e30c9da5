"""Dead letters in a SQLite file of their own, original bytes and all."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from anpr_match.backends.local.sqlite_file import SqliteFile
from anpr_match.ports.clock import Clock
from anpr_match.ports.dead_letters import DeadLetter
from anpr_match.ports.read_log import Partition, Unreadable

FILE = "dead-letters.db"
LETTERS_MAX = 100_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS letter (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    source_offset INTEGER NOT NULL,
    value BLOB,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    kept_at REAL NOT NULL
);
"""
INSERT = """
INSERT INTO letter (topic, partition, source_offset, value, reason, detail, kept_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
TRIM = "DELETE FROM letter WHERE number <= (SELECT max(number) FROM letter) - ?"
NEWEST = """
SELECT topic, partition, source_offset, value, reason, detail, kept_at
FROM (SELECT * FROM letter ORDER BY number DESC LIMIT ?) ORDER BY number
"""
HIGHEST = "SELECT coalesce(max(number), 0) FROM letter"
NEXT = """
SELECT topic, partition, source_offset, value, reason, detail, kept_at, number
FROM letter WHERE number > ? AND number <= ? ORDER BY number LIMIT 1
"""
FORGET = "DELETE FROM letter WHERE kept_at < ?"


class LocalDeadLetters:
    """Keeps the newest `letters_max`; older ones go."""

    def __init__(self, folder: Path, clock: Clock, letters_max: int = LETTERS_MAX) -> None:
        self._file = SqliteFile(folder / FILE, SCHEMA)
        self._clock = clock
        self._letters_max = letters_max
        self._closed = False

    async def keep(self, source: Partition, letters: Sequence[Unreadable]) -> None:
        at = self._clock.now().timestamp()
        rows = [(*source, one.offset, one.value, one.reason, one.detail, at) for one in letters]
        await self._file.run(lambda connection: self._keep(connection, rows))

    def _keep(self, connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(INSERT, rows)
            connection.execute(TRIM, (self._letters_max,))
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    async def kept(self, limit: int) -> list[DeadLetter]:
        rows = await self._file.run(lambda connection: connection.execute(NEWEST, (limit,)).fetchall())
        return [_letter(row) for row in rows]

    async def all_kept(self) -> AsyncIterator[DeadLetter]:
        last = await self._file.run(lambda connection: int(connection.execute(HIGHEST).fetchone()[0]))
        number = 0
        while row := await self._next(number, last):
            number = row[-1]
            yield _letter(row[:-1])

    async def _next(
        self, after: int, last: int
    ) -> tuple[str, int, int, bytes | None, str, str, float, int] | None:
        """One at a time: a letter may have a megabyte, and there may be a hundred thousand."""
        return await self._file.run(lambda connection: connection.execute(NEXT, (after, last)).fetchone())

    async def forget(self, before: datetime) -> int:
        return await self._file.run(
            lambda connection: connection.execute(FORGET, (before.timestamp(),)).rowcount
        )

    async def close(self) -> None:
        """Twice is once."""
        if not self._closed:
            self._closed = True
            self._file.close()


def _letter(row: tuple[str, int, int, bytes | None, str, str, float]) -> DeadLetter:
    topic, partition, offset, value, reason, detail, kept_at = row
    unreadable = Unreadable(offset, value, reason, detail)
    return DeadLetter(Partition(topic, partition), unreadable, datetime.fromtimestamp(kept_at, UTC))
