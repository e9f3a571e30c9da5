"""The whole embedded service on a disk that fills up: it says so, loses nothing, and goes on."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.desk import Desk, a_read
from tests.faults.clock import Clocked
from tests.faults.fleet import EXACT, Fleet, until
from tests.faults.ledger import Ledger, Verdict
from tests.faults.subscriber import Subscriber
from tests.services import loopback
from tests.services.disk import Disk, SmallDisk, SmallFiles, mounting_allowed

pytestmark = pytest.mark.timeout(300)

LIMIT_S = 90.0
DISK_MIB, FILE_MIB = 12, 5
EACH = 5
POSTS_MAX = 1_000
REFUSED_POSTS = 5
DATABASES = ("anpr-match.db", "reads.db", "dead-letters.db")


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Room for the data of a service: a small disk where we may mount one, and files that may not grow,
    which is the same for SQLite but for the name of the error."""
    folder = tmp_path / "data"
    small = request.param == "disk" and mounting_allowed(tmp_path / "probe")
    if request.param == "disk" and not small:
        print("no disk can be mounted here (that needs root): files that may not grow stand for it")
    with SmallDisk(folder, DISK_MIB) if small else SmallFiles(folder, FILE_MIB) as made:
        yield made


@pytest.fixture
def fleet(tmp_path: Path, disk: Disk) -> Iterator[Fleet]:
    """One process with every role, whose data lie there."""
    env = {**EXACT, "ANPR_DATA__FREE_BYTES_MIN": "1000000"}
    service = Clocked(env, tmp_path, loopback.free_port())
    desk = Desk.register(service)
    service.start()
    assert service.pid is not None
    disk.started(service.pid)
    made = Fleet(service, [service], desk)
    yield made
    made.stop()


@pytest.fixture
def ledger(fleet: Fleet) -> Ledger:
    """What is sent; its plates are listed."""
    made = Ledger.of(seed=9, listed=10)
    for plate in made.listed:
        assert fleet.desk.list_plate(plate).status_code == 201
    return made


async def fill(fleet: Fleet, ledger: Ledger) -> list[list[dict[str, Any]]]:
    """Post reads until no more are taken; those that were refused, each with a reason and a time to come
    again. Hits are expected of those alone that were accepted."""
    refused: list[list[dict[str, Any]]] = []
    for _ in range(POSTS_MAX):
        before = set(ledger.expected)
        # All of listed plates: hits take more room than reads, and some reads are accepted in vain at first.
        reads = [ledger.read(plate) for plate in ledger.listed for _ in range(EACH)]
        answer = await asyncio.to_thread(fleet.desk.post_reads, reads)
        if answer.status_code != 202:
            check_refusal(answer)
            refused.append(reads)
            ledger.expected = before
        if len(refused) == REFUSED_POSTS:
            return refused
    raise AssertionError("the disk was never full")


def check_refusal(answer: httpx.Response) -> None:
    assert answer.status_code in {503, 507}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["status"] == answer.status_code


def is_full(fleet: Fleet) -> bool:
    """Whether the process answers that it is not ready since its disk is full."""
    with contextlib.suppress(httpx.TransportError):
        answer = fleet.ask("/readyz")
        check = answer.json()["checks"]["disk"]
        return answer.status_code == 503 and str(check["detail"]).startswith("disk_full")
    return False


def check_files(folder: Path) -> None:
    for name in DATABASES:
        with contextlib.closing(sqlite3.connect(folder / name)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def accepted_are_hits(fleet: Fleet, ledger: Ledger) -> float:
    """Until every read that was accepted is a hit, once, and no other is; seconds it took."""
    wanted = len(ledger.expected)
    took_s = await until(lambda: fleet.head_seq() >= wanted, LIMIT_S, f"{wanted} hits")
    verdict = Verdict.of(ledger, fleet.hits())
    assert verdict.good, str(verdict)
    return took_s


async def send_again(fleet: Fleet, ledger: Ledger, refused: list[list[dict[str, Any]]]) -> None:
    """As a camera does with what was not taken."""
    listed = {plate.replace(" ", ""): plate for plate in ledger.listed}
    for reads in refused:
        assert fleet.desk.post_reads(reads).status_code == 202
        written = [(read["read_id"], read["plate"].replace(" ", "").upper()) for read in reads]
        ledger.expected |= {(read_id, plate) for read_id, plate in written if plate in listed}
    await accepted_are_hits(fleet, ledger)


@pytest.mark.parametrize("disk", ["disk", "files"], indirect=True)
async def test_a_full_disk_is_told_and_got_over(fleet: Fleet, ledger: Ledger, disk: Disk) -> None:
    """Reads are refused with a reason and a time, the process says that its disk is full, serves what it
    has, and stays; once there is room it works all off by itself. What was accepted is hit once."""
    async with Subscriber(fleet.front.url, fleet.desk.patrol) as car:
        refused = await fill(fleet, ledger)
        if isinstance(disk, SmallDisk):
            assert is_full(fleet)
        assert fleet.ask("/livez").status_code == 200
        # Whoever looks at hits is noted, and what cannot be noted is not shown.
        looked = fleet.desk.call("GET", "/v1/hits", fleet.desk.patrol)
        edited = fleet.desk.list_plate("AB01CDE", reason="x" * 500)
        for answer in (looked, edited):
            if not answer.is_success:
                check_refusal(answer)
                assert "database" in answer.json()["detail"]
        waited = '"record_unavailable"' in fleet.front.log.read_text()
        disk.grow()
        took_s = await accepted_are_hits(fleet, ledger)
        print(
            f"\n{ledger.sent} reads; hits waited for room: {waited}; all there {took_s:.1f} s after it came"
        )
        await until(lambda: fleet.ask("/readyz").status_code == 200, LIMIT_S, "ready")
        await send_again(fleet, ledger, refused)
        await car.caught_up(fleet.head_seq(), LIMIT_S)
    assert Verdict.of(ledger, car.pairs).good
    assert car.broken == []
    assert fleet.front.stop() == 0
    check_files(fleet.front.folder / "data")
    assert '"request_failed"' not in fleet.front.log.read_text()
    assert fleet.front.command("audit", "verify") == {"ok": True, "first_broken": None}


@pytest.mark.parametrize("disk", ["disk"], indirect=True)
async def test_a_crash_on_a_full_disk(fleet: Fleet, ledger: Ledger, disk: Disk) -> None:
    """Killed while its disk is full, the service finds all that it accepted when it starts with room."""
    refused = await fill(fleet, ledger)
    fleet.front.kill()
    if isinstance(disk, SmallDisk):
        fleet.front.spawn()
        await until(
            lambda: not fleet.front.running or is_full(fleet), LIMIT_S, "it says that its disk is full"
        )
        fleet.front.kill()
        disk.grow()
    fleet.front.start()
    await accepted_are_hits(fleet, ledger)
    await send_again(fleet, ledger, refused)
    fleet.desk.post_reads([a_read("last", ledger.listed[0])])
    assert fleet.front.stop() == 0
    check_files(fleet.front.folder / "data")
