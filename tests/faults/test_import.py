"""A large list comes in while the service runs, and whoever brings it dies in the middle."""

import asyncio
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import a_read, plates
from tests.faults.fleet import Fleet, embedded, until

pytestmark = pytest.mark.timeout(300)

LIMIT_S = 120.0
ROWS = 10_000
BEGUN_BYTES = 500_000
ABANDONED_S = 3.0
HITS_MIN = 5
WORDS = (
    "--owner-force",
    "herts",
    "--category",
    "hare_coursing",
    "--ends-at",
    "2099-01-31",
    "--reason",
    "list",
)


def importing(fleet: Fleet, file: Path) -> subprocess.Popen[bytes]:
    """The command as a process on the data of the service."""
    env = {**os.environ, "ANPR_DATA__DIR": str(fleet.front.folder / "data")}
    words = [
        sys.executable,
        "-m",
        "anpr_match",
        "watchlist",
        "import",
        str(file),
        *WORDS,
        "--apply",
        "--json",
    ]
    return subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """One process with every role, which soon erases what a dead import left."""
    made = embedded(tmp_path, {"ANPR_WATCHLIST__IMPORT_ABANDONED_S": f"{ABANDONED_S:g}"})
    yield made
    made.stop()


def has_hits(fleet: Fleet, wanted: int) -> bool:
    return fleet.head_seq() >= wanted


async def begun(fleet: Fleet, file: Path) -> "subprocess.Popen[bytes]":
    """An import that writes."""
    written = fleet.front.folder / "data" / "anpr-match.db-wal"
    before = written.stat().st_size
    process = importing(fleet, file)
    await until(lambda: written.stat().st_size > before + BEGUN_BYTES, LIMIT_S, "the import writes")
    return process


async def test_an_import_that_is_killed_changes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    """Killed while it writes, an import leaves the list as it was, and the service works on and erases what
    was left; done again, all of it is there at once."""
    kept, *many = plates(71, ROWS + 1)
    assert fleet.desk.list_plate(kept).status_code == 201
    file = tmp_path / "list.csv"
    file.write_text("\n".join(["plate", *many]), encoding="utf-8")
    process = await begun(fleet, file)
    process.send_signal(signal.SIGKILL)
    assert await asyncio.to_thread(process.wait) == -signal.SIGKILL
    fleet.desk.post_reads([a_read("r1", kept), a_read("r2", many[0])])
    await until(lambda: fleet.head_seq() == 1, LIMIT_S, "the hit of the old list")
    assert fleet.metric("anpr_watchlist_entries") == 1
    assert fleet.hits() == [("r1", kept)]
    await until(lambda: '"imports_undone"' in fleet.front.log.read_text(), LIMIT_S, "what it left is erased")
    assert await asyncio.to_thread(importing(fleet, file).wait) == 0
    await until(lambda: fleet.metric("anpr_watchlist_entries") == ROWS + 1, LIMIT_S, "the whole list")
    fleet.desk.post_reads([a_read("r3", many[-1])])
    await until(lambda: ("r3", many[-1]) in fleet.hits(), LIMIT_S, "a hit of the new list")


async def test_hits_do_not_wait_for_an_import(fleet: Fleet, tmp_path: Path) -> None:
    """While a long list is written, a read of a listed plate is a hit before the import is done, again and
    again; nobody sees half of the list."""
    kept, *many = plates(72, ROWS + 1)
    assert fleet.desk.list_plate(kept).status_code == 201
    file = tmp_path / "list.csv"
    file.write_text("\n".join(["plate", *many]), encoding="utf-8")
    process = await begun(fleet, file)
    sizes: set[float] = set()
    hits = 0
    while process.poll() is None:
        fleet.desk.post_reads([a_read(f"r{hits}", kept)])
        hits += 1
        await until(functools.partial(has_hits, fleet, hits), LIMIT_S, "a hit")
        sizes.add(fleet.metric("anpr_watchlist_entries"))
    assert process.returncode == 0
    print(f"\n{hits} reads, one after the other, were hits while {ROWS} entries came in")
    assert hits > HITS_MIN
    assert sizes <= {1, ROWS + 1}
    await until(lambda: fleet.metric("anpr_watchlist_entries") == ROWS + 1, LIMIT_S, "the whole list")
