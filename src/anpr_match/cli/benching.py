"""What the commands of `anpr-match bench` do; their declarations stand in `bench`."""

import asyncio
import functools
import sys
import tempfile
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anpr_match.bench import feed as to_cars
from anpr_match.bench import match as near
from anpr_match.bench import pipeline as through
from anpr_match.bench import plot, posting
from anpr_match.bootstrap.logs import removed
from anpr_match.bootstrap.service import service
from anpr_match.bootstrap.stores import open_stores
from anpr_match.cli import loaded
from anpr_match.domain.errors import SetUp
from anpr_match.settings import Settings
from anpr_match.telemetry import logging

PING_S = 60.0
BROKER_WARM_UP_S = 20.0
"""A broker that has just begun compiles itself for so long, and takes twice the processor meanwhile."""
IN_USE = "the database holds a watchlist: measure on an empty one, or unset ANPR_DATABASE__URL"


def match(list_sizes: list[int] | None, seconds: float, picture: Path | None) -> dict[str, Any]:
    """Measure the search, and draw the result if asked to. Raises `SetUp` when it cannot be drawn."""
    result = near.run(sorted(list_sizes) if list_sizes else near.SIZES, seconds)
    if picture:
        plot.draw(result, picture)
    return result


def pipeline(plan: through.Plan) -> dict[str, Any]:
    """Measure on the brokers of the settings. Raises `SetUp` without a broker, or on a database in use."""
    settings = loaded.settings()
    if settings.kafka.bootstrap is None:
        raise SetUp("this needs a broker: set ANPR_KAFKA__BOOTSTRAP, or `make bench`, which starts one")
    logging.set_up("warning", "console")
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        own = _own(settings, Path(folder))
        asyncio.run(_check_empty(own))
        opened = functools.partial(open_stores, own)
        return asyncio.run(through.run(settings.kafka.bootstrap, opened, plan, _measured))


def _measured(row: dict[str, Any]) -> None:
    """One measurement, for whoever waits for the others."""
    what = row["error"] if "error" in row else f"{row['reads_per_s']:,} reads/s"
    print(f"{row['name']} list={row['list_size']} hits={row['hit_rate']}: {what}", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many cars, how many hits are told to them, and how long reads are posted at each rate."""

    cars: int
    cars_many: int
    rounds: int
    seconds: float


def feed(fleet: Fleet) -> dict[str, Any]:
    """Measure the feed on the parts of the settings. Raises `SetUp` on a database in use."""
    settings = loaded.settings(host="127.0.0.1", port=0)
    rates = [posting.Rate(200, 1, fleet.seconds)]
    if settings.kafka.bootstrap is not None:
        rates.append(posting.Rate(1_000, 10, fleet.seconds, hit_every=50))
        rates = [replace(rate, warm_up_s=BROKER_WARM_UP_S) for rate in rates]
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        # The cars of a measurement answer while they are waited for; on a busy machine that may take a while.
        patient = settings.http.model_copy(update={"ping_s": PING_S})
        own = _own(settings.model_copy(update={"http": patient}), Path(folder))
        asyncio.run(_check_empty(own))
        plan = to_cars.Plan(
            _parts(own), tuple(rates), fleet.cars, fleet.cars_many, fleet.rounds, max(1, fleet.rounds // 4)
        )
        try:
            return to_cars.run(functools.partial(service, own), plan)
        finally:
            asyncio.run(removed(own))


def _own(settings: Settings, folder: Path) -> Settings:
    """With a folder, and on Kafka a topic and a group, that nobody else uses."""
    word = uuid.uuid4().hex[:12]
    kafka = {"reads_topic": f"anpr.bench.{word}", "dead_letters_topic": f"anpr.bench.{word}.dlq"}
    return settings.model_copy(
        update={
            "data": settings.data.model_copy(update={"dir": folder}),
            "kafka": settings.kafka.model_copy(update={**kafka, "group": f"anpr-bench-{word}"}),
        }
    )


def _parts(settings: Settings) -> str:
    log = "local log" if settings.kafka.bootstrap is None else "Kafka"
    return f"{log}, {'PostgreSQL' if settings.database_url.startswith('postgres') else 'SQLite'}"


async def _check_empty(settings: Settings) -> None:
    async with open_stores(settings) as stores:
        if (await stores.watchlist.entries(None, 1, None, None)).items:
            raise SetUp(IN_USE)
