"""PostgreSQL on a disk that fills up: matching waits and says why, and goes on when there is room."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.faults.fleet import Fleet, Grounds, scaled_out, until
from tests.faults.ledger import Ledger, Verdict
from tests.faults.traffic import Broker
from tests.services.disk import SmallDisk, mounting_allowed
from tests.services.fixtures import migrated
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres

pytestmark = pytest.mark.timeout(300)

LIMIT_S = 120.0
DISK_MIB = {"data": 120, "wal": 24}
LEFT_BYTES = 1_000_000
EACH = 500
SENDS_MAX = 100
NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON hit EXECUTE FUNCTION no_room();
"""
ROOM = "DROP TRIGGER no_room ON hit; DROP FUNCTION no_room;"


class Ground:
    """A server whose files (`data`) or whose log of changes (`wal`) lie on a small disk. Where none can be
    mounted the server fails as it would there: it refuses each hit, or is gone."""

    def __init__(self, which: str, folder: Path, *, mounted: bool) -> None:
        self.which = which
        self._place = folder / "disk"
        self._disk = SmallDisk(self._place, DISK_MIB[which]) if mounted else None
        self._left = ExitStack()
        if self._disk:
            self._left.enter_context(self._disk)
            # A disk of its own that PostgreSQL's account may write to.
            self._place.chmod(0o777)
        place = self._place if mounted else None
        self.postgres = Postgres(data=place) if which == "data" else Postgres(wal=place)

    def fill(self) -> None:
        """Take the room that is left, but a little."""
        if self._disk is None:
            self._stand_in(NO_ROOM)
        elif self.which == "data":
            ballast = shutil.disk_usage(self._place).free - LEFT_BYTES
            (self._place / "ballast").write_bytes(b"\0" * max(0, ballast))

    def is_full(self, said: str) -> bool:
        """Whether the matcher says so; without room for its log of changes the server is gone."""
        return (
            "disk of the database is full" in said
            if self.which == "data"
            else bool(said) and not self.postgres.ready()
        )

    def grow(self) -> None:
        """There is room again; a server that is gone is started, as whoever watches over it does."""
        if self._disk is None:
            self._stand_in(ROOM)
        else:
            self._disk.grow()
        if not self.postgres.ready():
            self.postgres.kill()
            self.postgres.start()

    def _stand_in(self, words: str) -> None:
        if self.which == "data":
            self.postgres.told("anpr", words)
        else:
            self.postgres.kill()

    def close(self) -> None:
        self.postgres.close()
        self._left.close()


@pytest.fixture
def ground(request: pytest.FixtureRequest, real_services: None) -> Iterator[Ground]:
    """A migrated server with little room."""
    folder = Path(tempfile.mkdtemp(prefix="anpr-disk-"))
    folder.chmod(0o755)
    mounted = mounting_allowed(folder / "probe")
    if not mounted:
        print("no disk can be mounted here (that needs root): a server that refuses stands for it")
    made = Ground(request.param, folder, mounted=mounted)
    try:
        made.postgres.start()
        migrated(made.postgres, "anpr")
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fleet(ground: Ground, own_kafka: Kafka, tmp_path: Path) -> Iterator[Fleet]:
    """An API process and a matcher, which soon says when it waits."""
    env = {"ANPR_WATCH__BATCH_LATE_S": "1"}
    made = scaled_out(Grounds(own_kafka, ground.postgres, tmp_path, env), matchers=1)
    yield made
    made.stop()


def waiting(fleet: Fleet) -> str:
    """Why the matcher is not ready: what it says of its reads and of its database; "" while it is."""
    answer = httpx.get(f"{fleet.matchers[0].url}/readyz", timeout=10)
    checks = answer.json()["checks"]
    words = [str(checks[name]["detail"]) for name in ("reads", "database") if not checks[name]["ok"]]
    return "; ".join(words) if answer.status_code == 503 else ""


@pytest.mark.parametrize("ground", ["data", "wal"], indirect=True)
async def test_postgresql_without_room_is_told_and_got_over(ground: Ground, fleet: Fleet) -> None:
    """Reads are taken on, none becomes a dead letter, the matcher says that it is not ready and why; once
    there is room every read of a listed plate is one hit, without an operator of ours."""
    assert fleet.kafka is not None
    (matcher,) = fleet.matchers
    ledger = Ledger.of(seed=8, listed=10)
    for plate in ledger.listed:
        assert fleet.desk.list_plate(plate).status_code == 201
    to = Broker(fleet.kafka.bootstrap)
    await to.send([ledger.read(plate) for plate in ledger.listed])
    await until(lambda: fleet.head_seq() == len(ledger.listed), LIMIT_S, "hits while there is room")
    ground.fill()
    for _ in range(SENDS_MAX):
        await to.send([ledger.read(ledger.listed[n % 10]) for n in range(EACH)])
        if ground.is_full(why := waiting(fleet)):
            break
    await until(lambda: ground.is_full(waiting(fleet)), LIMIT_S, "there is no room")
    print(f"\n{ground.which}: full after {ledger.sent} reads; the matcher says: {why or waiting(fleet)}")
    assert not fleet.desk.client.get(f"{matcher.url}/readyz").is_success
    assert fleet.desk.client.get(f"{matcher.url}/livez").is_success
    ground.grow()
    took_s = await until(lambda: fleet.head_seq() >= len(ledger.expected), LIMIT_S, "every hit")
    await until(lambda: not waiting(fleet), LIMIT_S, "ready again")
    await to.close()
    verdict = Verdict.of(ledger, fleet.hits())
    assert verdict.good, str(verdict)
    assert fleet.metric("anpr_dead_letters_total") == 0
    print(f"{len(ledger.expected)} hits, {verdict}; all there {took_s:.1f} s after there was room")
