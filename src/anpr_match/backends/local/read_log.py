"""The log of reads in a file of its own, for one process.

Appends that come while the disk is busy share its next write (group commit): the loop gathers them,
a thread writes them as one row in one transaction, and all their callers go on together. Newly written
reads are also kept in memory for the reader, so that on the usual way nothing is decoded again.

What it cannot do: more than one partition, more than one process (a lock on the folder refuses the
second), and more than one reader at a time.
"""

import asyncio
import functools
import sqlite3
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from anpr_match.backends.local.lock import FolderLock
from anpr_match.backends.local.sqlite_file import SqliteFile, unavailable
from anpr_match.domain.errors import Full, Unavailable
from anpr_match.domain.read import Read
from anpr_match.domain.reads import joined
from anpr_match.ports.clock import Clock
from anpr_match.ports.read_log import Claim, Claims, Partition, Record, Slice, Unreadable, place_of
from anpr_match.wire import read as wire_read

FILE = "reads.db"

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (log_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    first_offset INTEGER PRIMARY KEY,
    reads INTEGER NOT NULL,
    written_at REAL NOT NULL,
    lines BLOB NOT NULL
);
"""
INSERT = "INSERT INTO chunk (first_offset, reads, written_at, lines) VALUES (?, ?, ?, ?)"
BOUNDS = "SELECT coalesce(min(first_offset), 0), coalesce(max(first_offset + reads), 0) FROM chunk"
CHUNKS = """
SELECT first_offset, lines FROM chunk
WHERE first_offset >= (SELECT coalesce(max(first_offset), 0) FROM chunk WHERE first_offset <= ?)
ORDER BY first_offset
"""
# A few hundred rows at a time, so that writes do not wait long behind it. The newest chunk stays: it
# holds the place where the log goes on.
TRIM = """
DELETE FROM chunk WHERE first_offset IN (
    SELECT first_offset FROM chunk
    WHERE first_offset + reads <= ? AND written_at < ?
      AND first_offset < (SELECT max(first_offset) FROM chunk)
    ORDER BY first_offset LIMIT 500)
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """`queue_reads_max`: reads waiting to be written; `undone_reads_max`: reads in the file that no
    matcher has done. Above either, the door is told `Full`. `keep_done_s`: how long reads that are
    done stay in the file. `group_reads_max`: about the most reads in one write."""

    queue_reads_max: int = 100_000
    undone_reads_max: int = 20_000_000
    keep_done_s: float = 86_400.0
    trim_every_s: float = 10.0
    group_reads_max: int = 5_000
    fresh_reads_max: int = 50_000


@dataclass(slots=True)
class _Append:
    reads: Sequence[Read]
    written: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records that lie together in the log; those that cannot be decoded take their place in the count."""

    first_offset: int
    next_offset: int
    reads: Sequence[Read]
    unreadable: list[Unreadable] = field(default_factory=list)


class LocalReadLog:
    """The file, and the end that the door writes. `reader` gives the matcher's end.

    Made inside a running event loop. Raises `SetUp` if another process uses `folder`, `Unavailable` if
    the file cannot be opened.
    """

    def __init__(self, folder: Path, clock: Clock, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._lock = FolderLock(folder)
        try:
            self._file = SqliteFile(folder / FILE, SCHEMA)
            self.partition = Partition(f"local.{self._file.run_now(_log_id)}", 0)
            self._floor, self._head = self._file.run_now(_bounds)
        except Unavailable:
            self._lock.release()
            raise
        self._done = self._floor
        self._waiting: deque[_Append] = deque()
        self._waiting_reads = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._fresh: deque[Chunk] = deque()
        self._fresh_reads = 0
        self._appended = asyncio.Event()
        self._trimmed_at_s = clock.monotonic_s()

    @property
    def head(self) -> int:
        """The offset that the next read will have."""
        return self._head

    async def append(self, reads: Sequence[Read]) -> None:
        """See `ports.read_log.ReadLogWriter`."""
        if self._closed:
            raise Unavailable("the read log is closed")
        if self._waiting_reads + len(reads) > self._limits.queue_reads_max and self._waiting:
            raise Full("too many reads are waiting to be written")
        if self._head - self._done > self._limits.undone_reads_max:
            raise Full("too many reads are waiting to be matched")
        if not reads:
            return
        append = _Append(reads, self._loop.create_future())
        self._waiting.append(append)
        self._waiting_reads += len(reads)
        if self._idle.is_set():
            self._write_next()
        await append.written

    def _write_next(self) -> None:
        """Hand the thread as much of what waits as one write takes. Runs on the loop, as all but
        `_write` does, so that no lock is needed."""
        group: list[_Append] = []
        reads: list[Read] = []
        while self._waiting and len(reads) < self._limits.group_reads_max:
            group.append(self._waiting.popleft())
            reads.extend(group[-1].reads)
        if not group:
            self._idle.set()
        else:
            self._idle.clear()
            self._waiting_reads -= len(reads)
            first_offset, written_at = self._head, self._clock.now().timestamp()
            self._file.start(
                lambda connection: self._write(connection, first_offset, written_at, group, reads)
            )

    def _write(
        self,
        connection: sqlite3.Connection,
        first_offset: int,
        written_at: float,
        group: list[_Append],
        reads: list[Read],
    ) -> None:
        """In the thread: one row, one transaction, one sync of the disk."""
        error: Unavailable | None = None
        try:
            # A single statement, for each one is a chance to lose Python's lock to a busy event loop.
            row = (first_offset, len(reads), written_at, wire_read.encode_lines(reads))
            connection.execute(INSERT, row)
        except sqlite3.Error as failure:
            error = unavailable(failure)
        except (OverflowError, MemoryError) as failure:
            error = Unavailable(f"the reads cannot be written: {failure}")
        self._loop.call_soon_threadsafe(self._written, group, reads, error)

    def _written(self, group: list[_Append], reads: list[Read], error: Unavailable | None) -> None:
        if error is None:
            self._keep_fresh(Chunk(self._head, self._head + len(reads), reads))
            self._head += len(reads)
            self._appended.set()
        for append in group:
            if not append.written.done():
                if error is None:
                    append.written.set_result(None)
                else:
                    append.written.set_exception(error)
        self._write_next()

    def _keep_fresh(self, chunk: Chunk) -> None:
        self._fresh.append(chunk)
        self._fresh_reads += len(chunk.reads)
        while self._fresh_reads > self._limits.fresh_reads_max:
            self._fresh_reads -= len(self._fresh.popleft().reads)

    async def read(self, offset: int, reads_max: int) -> list[Chunk]:
        """What lies at `offset` and after it, about `reads_max` records; [] at the head."""
        while self._fresh and self._fresh[0].next_offset <= offset:
            self._fresh_reads -= len(self._fresh.popleft().reads)
        if self._fresh and self._fresh[0].first_offset <= offset:
            return _cut(self._fresh, offset, reads_max)
        return await self._file.run(lambda connection: _read(connection, offset, reads_max))

    async def appended(self, offset: int, wait_s: float) -> bool:
        """Whether there is a read at `offset`, waiting for it for at most `wait_s`."""
        if self._head <= offset:
            self._appended.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._appended.wait()
            except TimeoutError:
                return False
        return self._head > offset

    async def note_done(self, offset: int) -> None:
        """Everything below `offset` is done, and may be trimmed when its time is up."""
        self._done = max(self._done, offset)
        now_s = self._clock.monotonic_s()
        if now_s - self._trimmed_at_s >= self._limits.trim_every_s:
            self._trimmed_at_s = now_s
            before = self._clock.now() - timedelta(seconds=self._limits.keep_done_s)
            done = self._done
            await self._file.run(lambda connection: connection.execute(TRIM, (done, before.timestamp())))

    async def floor(self) -> int:
        """The offset of the oldest read still held."""
        return (await self._file.run(_bounds))[0]

    def reader(self) -> "LocalReadLogReader":
        return LocalReadLogReader(self)

    async def close(self) -> None:
        """Write what waits, then give file and folder back. Twice is once."""
        if self._closed:
            return
        self._closed = True
        await self._idle.wait()
        await self._loop.run_in_executor(None, self._file.close)
        self._lock.release()


class LocalReadLogReader:
    """The end of the local log that the matcher takes from."""

    def __init__(self, log: LocalReadLog) -> None:
        self._log = log
        self._claims: Claims | None = None
        self._claim = Claim(None, 0)
        self._next = 0
        self._held_until_s = 0.0

    async def open(self, claims: Claims) -> None:
        self._claims = claims
        await self.rewind()

    async def take(self, reads_max: int, wait_s: float) -> list[Slice]:
        left_s = await self._left_to_wait_s(wait_s)
        if self._claims is None or left_s is None or not await self._log.appended(self._next, left_s):
            return []
        chunks = await self._log.read(self._next, reads_max)
        if not chunks:
            return []
        self._next = chunks[-1].next_offset
        reads = joined([chunk.reads for chunk in chunks])
        unreadable = [record for chunk in chunks for record in chunk.unreadable]
        original = functools.partial(_original, chunks)
        epoch = self._claim.owner_epoch
        return [Slice(self._log.partition, epoch, self._next, reads, original, unreadable)]

    async def hold(self, partition: Partition, next_offset: int, hold_s: float) -> None:
        self._next = next_offset
        self._held_until_s = asyncio.get_running_loop().time() + hold_s

    async def _left_to_wait_s(self, wait_s: float) -> float | None:
        """What is left of `wait_s` once the log is not held; None if it is held for longer."""
        held_s = self._held_until_s - asyncio.get_running_loop().time()
        if held_s <= 0:
            return wait_s
        await asyncio.sleep(min(wait_s, held_s))
        return wait_s - held_s if held_s < wait_s else None

    async def rewind(self) -> None:
        if self._claims is None:
            return
        self._held_until_s = 0.0
        self._claim = (await self._claims.claim([self._log.partition]))[self._log.partition]
        self._next = max(self._claim.next_offset or 0, await self._log.floor())
        await self._log.note_done(self._next)

    async def commit(self, slices: Sequence[Slice]) -> None:
        for part in slices:
            await self._log.note_done(part.next_offset)

    def assigned(self) -> frozenset[Partition]:
        return frozenset() if self._claims is None else frozenset({self._log.partition})

    async def lag(self) -> dict[Partition, int]:
        return {partition: max(0, self._log.head - self._next) for partition in self.assigned()}

    def silence_s(self) -> float:
        return 0.0

    async def close(self) -> None:
        self._claims = None


def _original(chunks: Sequence[Chunk], read: int) -> Record:
    """The record of the read with this number: its line in the file, which is how we encode it."""
    for chunk in chunks:
        if read < len(chunk.reads):
            others = [record.offset - chunk.first_offset for record in chunk.unreadable]
            return Record(chunk.first_offset + place_of(read, others), wire_read.encode(chunk.reads[read]))
        read -= len(chunk.reads)
    raise IndexError(read)


def _log_id(connection: sqlite3.Connection) -> str:
    """What tells this log from one that stood here before: offsets of that one mean nothing here."""
    connection.execute(
        "INSERT INTO log SELECT ? WHERE NOT EXISTS (SELECT 1 FROM log)", (uuid.uuid4().hex[:12],)
    )
    return str(connection.execute("SELECT log_id FROM log").fetchone()[0])


def _bounds(connection: sqlite3.Connection) -> tuple[int, int]:
    floor, head = connection.execute(BOUNDS).fetchone()
    return int(floor), int(head)


def _cut(chunks: Iterable[Chunk], offset: int, reads_max: int) -> list[Chunk]:
    """The part of whole chunks from `offset` on, up to `reads_max` reads."""
    cut: list[Chunk] = []
    for chunk in chunks:
        if reads_max <= 0:
            break
        reads = chunk.reads[offset - chunk.first_offset :][:reads_max]
        cut.append(Chunk(offset, offset + len(reads), reads))
        offset += len(reads)
        reads_max -= len(reads)
    return cut


def _read(connection: sqlite3.Connection, offset: int, reads_max: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    for first_offset, blob in connection.execute(CHUNKS, (offset,)):
        start = max(offset, first_offset)
        values = blob.splitlines()[start - first_offset :][:reads_max]
        if values:
            chunks.append(_decoded(start, values))
            reads_max -= len(values)
        if reads_max <= 0:
            break
    return chunks


def _decoded(first_offset: int, values: list[bytes]) -> Chunk:
    reads, others = wire_read.decode_all(values)
    unreadable = [
        Unreadable(first_offset + index, values[index], other.reason, other.detail) for index, other in others
    ]
    return Chunk(first_offset, first_offset + len(values), reads, unreadable)
