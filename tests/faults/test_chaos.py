"""Nothing is lost and nothing doubled, whatever breaks: many reads, many faults, on both sets.

A run prints its seed; `FAULTS_SEED=… make test-faults` repeats it. `make chaos` runs more of it.
"""

import os
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.chaos import Chaos
from tests.faults.fleet import Fleet, Grounds, embedded, scaled_out
from tests.faults.ledger import Ledger
from tests.services.kafka import Kafka
from tests.services.kafka_client import count
from tests.services.postgres import Postgres

READS = int(os.environ.get("FAULTS_READS", "100000"))
FAULTS = int(os.environ.get("FAULTS_COUNT", "12"))
SEED = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(1_000_000))
LIMIT_S = 300 + FAULTS * 60
MATCHERS = 3
DEAD_LETTERS = "anpr.reads.dlq.v1"


@pytest.fixture
def embedded_fleet(tmp_path: Path) -> Iterator[Fleet]:
    """One process with all roles."""
    fleet = embedded(tmp_path)
    yield fleet
    fleet.stop()


@pytest.fixture
def scaled_out_fleet(own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path) -> Iterator[Fleet]:
    """An API process and three matchers, on a broker and a database of their own."""
    fleet = scaled_out(Grounds(own_kafka, own_postgres, tmp_path), MATCHERS)
    yield fleet
    fleet.stop()


async def chaos(fleet: Fleet, reads: int, faults: int) -> Chaos:
    ledger = Ledger.of(SEED)
    print(f"\nFAULTS_SEED={SEED}", flush=True)
    for plate in ledger.listed:
        assert fleet.desk.list_plate(plate).status_code == 201
    run = Chaos(fleet, ledger, random.Random(SEED))
    print(await run.run(reads, faults), flush=True)
    return run


@pytest.mark.timeout(LIMIT_S)
async def test_embedded_nothing_is_lost_or_doubled(embedded_fleet: Fleet) -> None:
    """Every read of a listed plate is one hit, in the log and at the car, though the process dies again
    and again."""
    await chaos(embedded_fleet, READS, FAULTS)


@pytest.mark.timeout(LIMIT_S)
async def test_scaled_out_nothing_is_lost_or_doubled(scaled_out_fleet: Fleet) -> None:
    """Every read of a listed plate is one hit, in the log and at the car, though matchers, the API
    process, the broker and the database die or stand still."""
    run = await chaos(scaled_out_fleet, READS, FAULTS)
    assert scaled_out_fleet.kafka is not None
    # More than once may be: a letter is kept before the offset moves.
    assert count(scaled_out_fleet.kafka.bootstrap, DEAD_LETTERS) >= run.poison
    assert scaled_out_fleet.metric("anpr_partition_paused") == 0
