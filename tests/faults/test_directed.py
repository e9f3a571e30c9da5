"""One fault at a time, at the place where it hurts most, with the figures that come of it printed."""

import asyncio
import contextlib
import functools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpr_match.pipeline import failpoints
from tests.e2e.service import Service
from tests.faults.fleet import Fleet, Grounds, embedded, sample, scaled_out, until
from tests.faults.ledger import Ledger, Verdict
from tests.faults.traffic import Broker, source
from tests.services.fixtures import migrated
from tests.services.kafka import Kafka
from tests.services.kafka_client import count
from tests.services.postgres import Postgres

pytestmark = pytest.mark.timeout(300)

LIMIT_S = 90.0
PARTITIONS = 6
DEAD_LETTERS = "anpr.reads.dlq.v1"
HOLD_S = 2.0
LIVE_S = 2.0
BACKLOG_READS = 20_000


@pytest.fixture(scope="module")
def fleet(real_services: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two matchers and an API process, with a ledger's plates listed; each test leaves it whole."""
    kafka, postgres = Kafka(), Postgres()
    try:
        kafka.start()
        postgres.start()
        migrated(postgres, "anpr")
        env = {"ANPR_MATCH__POISON_HOLD_S": f"{HOLD_S:g}", "ANPR_FAULTS__ALLOWED": "true"}
        made = scaled_out(Grounds(kafka, postgres, tmp_path_factory.mktemp("fleet"), env), matchers=2)
        try:
            yield made
        finally:
            made.stop()
    finally:
        kafka.close()
        postgres.close()


@pytest.fixture(scope="module")
def ledger(fleet: Fleet) -> Ledger:
    """What was sent to the fleet of this module, by all its tests."""
    made = Ledger.of(seed=5, listed=10)
    for plate in made.listed:
        assert fleet.desk.list_plate(plate).status_code == 201
    return made


def assigned(service: Service) -> int:
    """How many partitions the matcher says it owns."""
    try:
        checks = httpx.get(f"{service.url}/readyz", timeout=5).json()["checks"]
    except httpx.TransportError:
        return 0
    words = checks["reads"]["detail"].split()
    return int(words[0]) if words[1:2] == ["partitions"] else 0


async def shared(fleet: Fleet) -> None:
    """Until all partitions are owned, by all matchers."""

    def evenly() -> bool:
        owned = [assigned(service) for service in fleet.matchers]
        return sum(owned) == PARTITIONS and all(owned)

    await until(evenly, LIMIT_S, "every matcher has partitions")


async def holds(fleet: Fleet, ledger: Ledger) -> float:
    """Until every hit is there, each once; seconds it took."""
    wanted = len(ledger.expected)
    took_s = await until(lambda: fleet.head_seq() >= wanted, LIMIT_S, f"{wanted} hits")
    verdict = Verdict.of(ledger, fleet.hits())
    assert verdict.good, str(verdict)
    return took_s


async def hit_again(fleet: Fleet, ledger: Ledger) -> float:
    """Send reads of a listed plate to every partition; seconds until all are hits."""
    to = source(fleet)
    reads = [ledger.read(ledger.listed[n % 10]) for n in range(60)]
    await to.send(reads)
    await to.close()
    return await holds(fleet, ledger)


async def test_a_matcher_that_dies_is_replaced(fleet: Fleet, ledger: Ledger) -> None:
    """After SIGKILL the other owns everything within the session's time and a little; after SIGTERM at
    once, and the one that was asked to end does so with 0."""
    await shared(fleet)
    first, second = fleet.matchers
    first.kill()
    killed_s = await until(lambda: assigned(second) == PARTITIONS, LIMIT_S, "takeover after SIGKILL")
    await hit_again(fleet, ledger)
    first.start()
    await shared(fleet)
    assert first.stop() == 0
    ended_s = await until(lambda: assigned(second) == PARTITIONS, LIMIT_S, "takeover after SIGTERM")
    first.start()
    print(
        f"\ntakeover: {killed_s:.1f} s after SIGKILL (session 6 s), {ended_s:.1f} s after the end by SIGTERM"
    )
    await hit_again(fleet, ledger)


def matched(service: Service) -> float:
    return sample(service, "anpr_reads_total")


def taken(service: Service) -> int:
    """How many reads the process took that ended last, as it says itself."""
    said = [json.loads(line) for line in service.log.read_text().splitlines() if '"matching_ended"' in line]
    return int(said[-1]["reads_taken"])


async def test_nothing_is_taken_twice_after_sigterm(fleet: Fleet, ledger: Ledger) -> None:
    """A matcher that is asked to end while a backlog flows leaves nothing taken that is not recorded: all
    matchers together take each read once."""
    await shared(fleet)
    first, second = fleet.matchers
    await holds(fleet, ledger)
    before = matched(first) + matched(second)
    to = source(fleet)
    reads = list(ledger.reads(BACKLOG_READS))
    await to.send(reads[: BACKLOG_READS // 2])
    sending = asyncio.create_task(to.send(reads[BACKLOG_READS // 2 :]))
    assert await asyncio.to_thread(first.stop) == 0
    await sending
    await holds(fleet, ledger)
    await until(lambda: sample(second, "anpr_consumer_lag") == 0, LIMIT_S, "no backlog")
    all_taken = taken(first) + matched(second)
    print(f"\n{all_taken - before - BACKLOG_READS:.0f} of {BACKLOG_READS} reads taken again")
    assert all_taken - before == BACKLOG_READS
    first.start()
    await to.close()


async def test_a_zombie_writes_nothing(fleet: Fleet, ledger: Ledger) -> None:
    """A matcher whose loop hangs with a batch in hand for longer than its session is noticed, replaced,
    and fenced off when it comes back; every hit is there once."""
    await shared(fleet)
    hung = fleet.matchers[0]
    hung.stop()
    whole, hung.env = hung.env, {**hung.env, "ANPR_FAULTS__FAILPOINTS": "after_match:sleep(12)@1"}
    hung.start()
    hung.env = whole
    await shared(fleet)
    await hit_again(fleet, ledger)
    await until(lambda: sample(hung, "anpr_fenced_total") == 1, LIMIT_S, "the zombie is fenced off")
    assert sample(hung, "anpr_loop_blocked_total") == 1
    await hit_again(fleet, ledger)
    assert '"loop_blocked"' in hung.log.read_text()


async def test_a_database_that_restarts_is_found_again(fleet: Fleet, ledger: Ledger) -> None:
    """After an immediate stop and a start the next reads are hits, without an operator."""
    assert fleet.postgres is not None
    fleet.postgres.kill()
    to = source(fleet)
    await to.send([ledger.read(ledger.listed[n % 10]) for n in range(60)])
    await to.close()
    fleet.postgres.start()
    took_s = await holds(fleet, ledger)
    print(f"\nthe database restarted: every hit there {took_s:.1f} s after it was up")
    assert sum(sample(one, "anpr_dead_letters_total") for one in fleet.matchers) == 0


async def test_a_broker_that_restarts_is_found_again(fleet: Fleet, ledger: Ledger) -> None:
    """After a kill and a start of the broker the next reads are hits, without an operator."""
    assert fleet.kafka is not None
    fleet.kafka.kill()
    fleet.kafka.start()
    took_s = await hit_again(fleet, ledger)
    print(f"\nthe broker restarted: every hit there {took_s:.1f} s after reads were sent")


async def test_a_partition_of_poison_is_held(fleet: Fleet, ledger: Ledger) -> None:
    """Of 500 broken records a hundred become dead letters at most; the partition stands, with an alarm;
    the others go on. Once the limits are lifted, the rest follows."""
    assert fleet.kafka is not None
    await shared(fleet)
    to = Broker(fleet.kafka.bootstrap)
    await to.raw([b"\xff\xfe"] * 500, 0)
    await until(lambda: fleet.metric("anpr_partition_paused") == 1, LIMIT_S, "the alarm")
    bootstrap = fleet.kafka.bootstrap
    await until(lambda: count(bootstrap, DEAD_LETTERS) == 100, LIMIT_S, "a hundred dead letters")
    (alarm,) = [found for found in map(poisoned, fleet.matchers) if not found["ok"]]
    assert "anpr.reads.v1-0 at offset" in str(alarm["detail"])
    behind = [ledger.read(ledger.listed[0]) for _ in range(3)]
    await to.raw([json.dumps(read).encode() for read in behind], 0)
    beside = [ledger.read(ledger.listed[1]) for _ in range(3)]
    await to.raw([json.dumps(read).encode() for read in beside], 1)
    wanted = {read["read_id"] for read in beside}
    await until(lambda: wanted <= {read_id for read_id, _ in fleet.hits()}, LIMIT_S, "the other partition")
    assert count(bootstrap, DEAD_LETTERS) == 100
    for service in fleet.matchers:
        service.stop()
        service.env = {**service.env, "ANPR_MATCH__POISON_STOPS": "false"}
        service.spawn()
    for service in fleet.matchers:
        service.until_ready()
    await holds(fleet, ledger)
    assert count(bootstrap, DEAD_LETTERS) == 500
    assert fleet.metric("anpr_partition_paused") == 0


def poisoned(service: Service) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{service.url}/readyz", timeout=5).json()["checks"]["poison"]
    return found


async def test_a_crash_at_each_named_place(fleet: Fleet, ledger: Ledger) -> None:
    """Before the commit to the database all reads in hand are taken again, after it none: what the
    database says wins over what Kafka was told. Either way each hit is there once."""
    first, second = fleet.matchers
    second.stop()
    whole = first.env
    for place in failpoints.NAMES:
        first.stop()
        first.env = {**whole, "ANPR_FAULTS__FAILPOINTS": f"{place}:kill@1"}
        first.start()
        to = source(fleet)
        one_camera = [{**ledger.read(ledger.listed[0]), "camera_id": "CAM000"} for _ in range(100)]
        await to.send(one_camera)
        await to.close()
        await until(lambda: not first.running, LIMIT_S, f"it dies {place}")
        first.kill()
        first.env = whole
        first.start()
        await holds(fleet, ledger)
        again = sample(first, "anpr_reads_total")
        print(f"\n{place}: {again:.0f} of 100 reads taken again")
        if place in {"after_decode", "after_match"}:
            assert again == 100
        else:
            assert again < 100
    second.start()


async def test_a_crash_at_each_named_place_of_the_embedded_set(tmp_path: Path) -> None:
    """One process on files, killed at one place after the other, each time while it gets over the time
    before: each hit is there once in the end."""
    fleet = embedded(tmp_path, {"ANPR_FAULTS__ALLOWED": "true"})
    try:
        ledger = Ledger.of(seed=6, listed=5)
        for plate in ledger.listed:
            assert fleet.desk.list_plate(plate).status_code == 201
        whole, sent = fleet.front.env, []
        assert fleet.front.stop() == 0
        for place in failpoints.NAMES:
            fleet.front.env = {**whole, "ANPR_FAULTS__FAILPOINTS": f"{place}:kill@1"}
            fleet.front.spawn()
            sent += [ledger.read(ledger.listed[0]) for _ in range(50)]
            await until(functools.partial(gone_by, fleet, sent[-50:]), LIMIT_S, f"it dies {place}")
            fleet.front.kill()
        fleet.front.env = whole
        fleet.front.start()
        to = source(fleet)
        await to.send(sent)
        await to.close()
        await holds(fleet, ledger)
    finally:
        fleet.stop()


def gone_by(fleet: Fleet, reads: list[dict[str, Any]]) -> bool:
    """Whether the process is gone after it was posted these. It may die before it answers, or listens."""
    with contextlib.suppress(httpx.TransportError):
        fleet.desk.post_reads(reads)
    return not fleet.front.running


async def test_a_clock_that_jumps(tmp_path: Path) -> None:
    """While the time of day is two hours ahead or behind, an entry is listed and matched like any other;
    it is dated by the clock that there was."""
    fleet = embedded(tmp_path)
    try:
        ledger = Ledger.of(seed=7, listed=3)
        to = source(fleet)
        for plate, off_s in zip(ledger.listed, (7_200, -7_200, 0), strict=True):
            fleet.front.jump(off_s)
            made = fleet.desk.list_plate(plate)
            assert made.status_code == 201
            created_at = datetime.fromisoformat(made.json()["created_at"])
            assert abs(created_at - datetime.now(UTC) - timedelta(seconds=off_s)) < timedelta(minutes=5)
            await asyncio.sleep(LIVE_S)
            await to.send([ledger.read(plate) for _ in range(20)])
            await holds(fleet, ledger)
        await to.close()
    finally:
        fleet.stop()


def test_failpoints_need_leave(tmp_path: Path) -> None:
    """A process with failpoints does not start unless a setting of its own allows it."""
    service = Service({"ANPR_FAULTS__FAILPOINTS": "after_match:kill"}, tmp_path, 0)
    service.spawn()
    assert service.ended() == 1
    assert "ANPR_FAULTS__ALLOWED" in service.log.read_text()
