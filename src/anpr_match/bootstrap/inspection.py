"""What a check of the set-up asks of the parts that it finds, without starting anything."""

from anpr_match.backends.kafka.facts import TopicFacts, facts
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.dead_letters import FILE as LOCAL_LETTERS
from anpr_match.backends.sql import server_clock
from anpr_match.bootstrap import brokers
from anpr_match.bootstrap.letters import open_office
from anpr_match.bootstrap.stores import open_stores
from anpr_match.pipeline.dead_letters import Overview
from anpr_match.settings import Settings

__all__ = ["TopicFacts", "clock_ahead_s", "letters", "topics"]


async def topics(settings: Settings, bootstrap: str, wait_s: float) -> dict[str, TopicFacts]:
    """Those of the topics that are needed which are there. Raises `Unavailable` when no broker answers
    within `wait_s`."""
    client = brokers.client(settings, bootstrap, wait_s)
    return await facts(client, (settings.kafka.reads_topic, settings.kafka.dead_letters_topic))


async def clock_ahead_s(settings: Settings) -> float | None:
    """How far the clock here is ahead of the database's; None where they are the same. Raises `SetUp`,
    `Unavailable`."""
    clock = SystemClock()
    async with open_stores(settings) as stores:
        before = clock.now()
        theirs = await server_clock.now(stores.database)
        after = clock.now()
    return None if theirs is None else (before + (after - before) / 2 - theirs).total_seconds()


async def letters(settings: Settings) -> Overview | None:
    """The dead letters; None when nothing was ever kept. Raises `SetUp`, `Unavailable`."""
    if settings.kafka.bootstrap is None and not (settings.data.dir / LOCAL_LETTERS).exists():
        return None
    async with open_office(settings) as office:
        return await office.letters.overview(newest=0)
