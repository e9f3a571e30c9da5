"""The local log of reads on a real disk: kill -9, a second process, a full disk, its bounds."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anpr_match.backends.local.dead_letters import LocalDeadLetters
from anpr_match.backends.local.lock import FolderLock
from anpr_match.backends.local.read_log import FILE, Limits, LocalReadLog
from anpr_match.backends.memory.clock import WoundClock
from anpr_match.domain.errors import Full, SetUp, Unavailable
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import Partition, Unreadable
from tests.contract.claims import LedgerClaims

CHECKOUT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def reads(count: int, first: int = 0) -> list[Read]:
    """So many reads, numbered."""
    return [Read("CAM001", AT, "AB01CDE", f"r-{number}") for number in range(first, first + count)]


async def all_ids(log: LocalReadLog) -> list[str]:
    """The ids of everything the log holds."""
    reader, ids = log.reader(), []
    await reader.open(LedgerClaims())
    while slices := await reader.take(1000, 0.0):
        assert not [record for part in slices for record in part.unreadable]
        ids += [read.read_id for part in slices for read in part.reads]
    await reader.close()
    return ids


@pytest.fixture
def appender(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The process that appends, sixteen at a time."""
    command = [sys.executable, "-m", "tests.integration.appender", str(tmp_path), "16"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


async def test_nothing_accepted_is_lost_to_kill_9(tmp_path: Path, appender: "subprocess.Popen[str]") -> None:
    """After kill -9 in the middle of writing, every read that was accepted is in the log, once."""
    assert appender.stdout is not None
    accepted = [int(appender.stdout.readline()) for _ in range(2000)]
    os.kill(appender.pid, signal.SIGKILL)
    accepted += [int(line) for line in appender.stdout.read().split()]
    appender.wait(10)
    log = LocalReadLog(tmp_path, WoundClock())
    ids = await all_ids(log)
    assert len(set(ids)) == len(ids)
    assert {f"r-{number}" for number in accepted} <= set(ids)
    await log.append(reads(1, first=10_000_000))
    assert (await all_ids(log))[-1] == "r-10000000"
    await log.close()


async def test_a_second_process_is_refused_in_one_sentence(
    tmp_path: Path, appender: "subprocess.Popen[str]"
) -> None:
    """While one process holds the folder another cannot; when the first is dead, it can."""
    assert appender.stdout is not None
    appender.stdout.readline()
    with pytest.raises(SetUp, match="another anpr-match is running on the data folder"):
        LocalReadLog(tmp_path, WoundClock())
    os.kill(appender.pid, signal.SIGKILL)
    appender.wait(10)
    await LocalReadLog(tmp_path, WoundClock()).close()


async def test_a_closed_log_gives_the_folder_back(tmp_path: Path) -> None:
    """What was appended is there for the next who opens, and appending to a closed log is refused."""
    log = LocalReadLog(tmp_path, WoundClock())
    appending = asyncio.ensure_future(log.append(reads(3)))
    await asyncio.sleep(0)
    await log.close()
    await appending
    with pytest.raises(Unavailable):
        await log.append(reads(1))
    FolderLock(tmp_path).release()
    again = LocalReadLog(tmp_path, WoundClock())
    assert await all_ids(again) == ["r-0", "r-1", "r-2"]
    await again.close()


async def test_a_new_file_is_another_log(tmp_path: Path) -> None:
    """Offsets that were claimed of a log that is gone do not hide the reads of the one in its place."""
    claims = LedgerClaims()
    log = LocalReadLog(tmp_path, WoundClock())
    await log.append(reads(10))
    reader = log.reader()
    await reader.open(claims)
    assert claims.done((await reader.take(100, 0.0))[0])
    await log.close()
    shutil.rmtree(tmp_path)
    log = LocalReadLog(tmp_path, WoundClock())
    await log.append(reads(5, first=100))
    reader = log.reader()
    await reader.open(claims)
    assert len((await reader.take(100, 0.0))[0].reads) == 5
    await log.close()


async def test_reads_that_are_done_go_when_their_time_is_up(tmp_path: Path) -> None:
    """Only what is done and old is removed; what is not done stays however old, and offsets go on."""
    clock, claims = WoundClock(), LedgerClaims()
    log = LocalReadLog(tmp_path, clock, Limits(keep_done_s=3600, trim_every_s=1, fresh_reads_max=0))
    reader = log.reader()
    await reader.open(claims)
    for first in (0, 10, 20):
        await log.append(reads(10, first))
    for _ in range(2):
        (part,) = await reader.take(10, 0.0)
        assert claims.done(part)
    clock.wind(4000)
    await reader.commit([part])
    assert (await all_ids(log))[0] == "r-20"
    await log.append(reads(1, first=30))
    assert log.head == 31
    await log.close()


async def test_the_log_is_bounded(tmp_path: Path) -> None:
    """Too many reads that wait for the disk, or for the matcher, are refused with Full."""
    log = LocalReadLog(tmp_path, WoundClock(), Limits(queue_reads_max=10, undone_reads_max=30))
    results = await asyncio.gather(*(log.append(reads(8)) for _ in range(4)), return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [Full, Full]
    await log.append(reads(15))
    with pytest.raises(Full):
        await log.append(reads(1))
    reader, claims = log.reader(), LedgerClaims()
    await reader.open(claims)
    await reader.commit(await reader.take(100, 0.0))
    await log.append(reads(1))
    await log.close()


async def test_a_disk_that_is_full_is_unavailable_and_costs_nothing_accepted(tmp_path: Path) -> None:
    """When the file cannot grow the append is refused; when it can again, it goes on without a gap."""
    log = LocalReadLog(tmp_path, WoundClock())
    await log.append(reads(3))
    await log._file.run(lambda connection: connection.execute("PRAGMA max_page_count=1").fetchone())
    with pytest.raises(Unavailable):
        await log.append([Read("CAM001", AT, "AB01CDE", "r-large", region="x" * 60_000)])
    await log._file.run(lambda connection: connection.execute("PRAGMA max_page_count=1000000").fetchone())
    await log.append(reads(3, first=3))
    assert await all_ids(log) == [f"r-{number}" for number in range(6)]
    await log.close()


async def test_a_file_that_is_no_log_is_unavailable(tmp_path: Path) -> None:
    """A file of something else is neither used nor overwritten, and the folder is given back."""
    (tmp_path / FILE).write_bytes(b"something else, and long enough to be no database" * 100)
    with pytest.raises(Unavailable):
        LocalReadLog(tmp_path, WoundClock())
    FolderLock(tmp_path).release()


async def test_a_record_that_rotted_on_the_disk_costs_only_itself(tmp_path: Path) -> None:
    """A row whose bytes are spoilt gives its good reads and names the others."""
    log = LocalReadLog(tmp_path, WoundClock())
    await log.append(reads(3))
    await log.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(
            "UPDATE chunk SET lines = CAST(replace(CAST(lines AS TEXT), 'r-1\"', 'r-1') AS BLOB)"
        )
    connection.close()
    log = LocalReadLog(tmp_path, WoundClock())
    reader = log.reader()
    await reader.open(LedgerClaims())
    (part,) = await reader.take(10, 0.0)
    assert [read.read_id for read in part.reads] == ["r-0", "r-2"]
    assert [(record.offset, record.reason) for record in part.unreadable] == [(1, "not_json")]
    await log.close()


async def test_old_dead_letters_go(tmp_path: Path) -> None:
    """Only the newest letters are kept."""
    letters = LocalDeadLetters(tmp_path, WoundClock(), letters_max=3)
    for offset in range(6):
        await letters.keep(Partition("t", 0), [Unreadable(offset, b"x", "not_json", "")])
    assert [letter.unreadable.offset for letter in await letters.kept(10)] == [3, 4, 5]
    await letters.close()
