"""The broker or the database is away while reads come in: `tests.faults.outage` in short."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fleet import Fleet, Grounds, scaled_out
from tests.faults.ledger import Ledger
from tests.faults.outage import GROWTH_MAX, outage
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres

AWAY_S = float(os.environ.get("FAULTS_OUTAGE_S", "15"))

pytestmark = pytest.mark.timeout(600 + AWAY_S)


@pytest.fixture
def fleet(own_kafka: Kafka, own_postgres: Postgres, tmp_path: Path) -> Iterator[Fleet]:
    """An API process and a matcher."""
    made = scaled_out(Grounds(own_kafka, own_postgres, tmp_path), matchers=1)
    yield made
    made.stop()


@pytest.mark.parametrize("what", ["broker", "database"])
async def test_an_outage_costs_nothing(fleet: Fleet, what: str) -> None:
    """Cameras are told to come again, memory has its bounds, and when it is back every read is matched once,
    without an operator."""
    away = fleet.kafka if what == "broker" else fleet.postgres
    assert away is not None
    done = await outage(fleet, Ledger.of(seed=4), away, AWAY_S)
    print(
        f"\n{what} away for {AWAY_S:g} s: log {done.log}; car {done.car}; cameras {dict(done.cameras.told)}; "
        f"memory x {done.growth:.3f}; first hit after {done.first_hit_s:.1f} s, last {done.last_hit_s:.1f} s"
    )
    assert done.log.good, str(done.log)
    assert done.car.good, str(done.car)
    assert done.cameras.was_answered, str(done.cameras.told)
    assert done.growth <= GROWTH_MAX
