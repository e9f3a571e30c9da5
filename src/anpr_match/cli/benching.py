"""What the commands of `anpr-match bench` do; their declarations stand in `bench`."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from anpr_match.bench import match as near
from anpr_match.bench import pipeline as through
from anpr_match.bench import plot
from anpr_match.bootstrap.stores import open_stores
from anpr_match.cli import loaded
from anpr_match.domain.errors import SetUp
from anpr_match.settings import Settings
from anpr_match.telemetry import logging


def match(list_sizes: list[int] | None, seconds: float, picture: Path | None) -> dict[str, Any]:
    """Measure the search, and draw the result if asked to. Raises `SetUp` when it cannot be drawn."""
    result = near.run(sorted(list_sizes) if list_sizes else near.SIZES, seconds)
    if picture:
        plot.draw(result, picture)
    return result


def pipeline(reads: int, list_sizes: list[int] | None) -> dict[str, Any]:
    """Measure on the brokers of the settings. Raises `SetUp` without a broker, or on a database in use."""
    settings = loaded.settings()
    if settings.kafka.bootstrap is None:
        raise SetUp("this needs a broker: set ANPR_KAFKA__BOOTSTRAP, or `make bench`, which starts one")
    logging.set_up("warning", "console")
    plan = replace(through.Plan(), reads=reads)
    if list_sizes:
        plan = replace(plan, list_sizes=sorted(list_sizes))
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        own = settings.model_copy(update={"data": settings.data.model_copy(update={"dir": Path(folder)})})
        return asyncio.run(_pipeline(own, settings.kafka.bootstrap, plan))


async def _pipeline(settings: Settings, bootstrap: str, plan: through.Plan) -> dict[str, Any]:
    async with open_stores(settings) as stores:
        if (await stores.watchlist.entries(None, 1, None, None)).items:
            raise SetUp(
                "the database holds a watchlist: measure on an empty one, or unset ANPR_DATABASE__URL"
            )
        return await through.run(bootstrap, stores, plan)
