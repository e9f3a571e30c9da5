"""A SQLite file that one thread works on, so that the event loop never waits for the disk."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from anpr_match.domain.errors import Unavailable

T = TypeVar("T")


class SqliteFile:
    """One connection in autocommit: each statement is a transaction, and is on the disk when it is done.

    Raises `Unavailable` when the file cannot be opened, and from `run` when the disk is full or fails.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            # Large pages suit rows of many kilobytes; they only take effect on a new file.
            self._connection.execute("PRAGMA page_size=16384")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA busy_timeout=5000")
            self._connection.executescript(schema)
        except (sqlite3.Error, OSError) as error:
            self._executor.shutdown()
            raise Unavailable(f"{path.name} cannot be opened: {error}") from error

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in the thread, after all work asked for before."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._done, work)

    def run_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in the caller's thread; only while nothing else is going on."""
        return self._done(work)

    def start(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Begin `work` in the thread and do not wait; `work` deals with its own errors."""
        self._executor.submit(work, self._connection)

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            raise unavailable(error) from error

    def close(self) -> None:
        """Finish the work that was asked for, and close the file."""
        self._executor.shutdown()
        self._connection.close()


def unavailable(error: sqlite3.Error) -> Unavailable:
    """What the error of a statement means to the caller: come back later."""
    return Unavailable(f"the local file cannot be written or read: {error}")
