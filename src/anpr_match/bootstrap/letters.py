"""The dead letters of the settings, and their way back: for a command, beside a service or without one."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from anpr_match.backends.kafka.dead_letters import KafkaDeadLetters
from anpr_match.backends.kafka.way_back import KafkaWayBack
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.dead_letters import LocalDeadLetters
from anpr_match.backends.local.way_back import LocalWayBack
from anpr_match.backends.sql.replays import SqlReplays
from anpr_match.bootstrap import brokers
from anpr_match.bootstrap.stores import open_stores
from anpr_match.pipeline.dead_letters import DeadLetterOffice
from anpr_match.ports.dead_letters import DeadLetters, WayBack
from anpr_match.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """`way_back` is there when it was asked for."""

    letters: DeadLetterOffice
    way_back: WayBack | None


@contextlib.asynccontextmanager
async def open_office(settings: Settings, *, way_back: bool = False) -> AsyncIterator[Office]:
    """With a way back, the local log must be free: raises `SetUp` while a service runs on its folder.
    Kafka has no such bound. Raises `Unavailable`."""
    async with contextlib.AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings))
        # Before the letters are looked at: while a service may run they may change.
        back = _way_back(settings) if way_back else None
        if back is not None:
            stack.push_async_callback(back.close)
        letters = _dead_letters(settings)
        stack.push_async_callback(letters.close)
        office = DeadLetterOffice(letters, SqlReplays(stores.database), stores.audit, stores.clock)
        yield Office(office, back)


def _dead_letters(settings: Settings) -> DeadLetters:
    kafka = settings.kafka
    if kafka.bootstrap is None:
        return LocalDeadLetters(settings.data.dir, SystemClock())
    return KafkaDeadLetters(brokers.client(settings, kafka.bootstrap), kafka.dead_letters_topic)


def _way_back(settings: Settings) -> WayBack:
    kafka = settings.kafka
    if kafka.bootstrap is None:
        return LocalWayBack(settings.data.dir, SystemClock())
    return KafkaWayBack(brokers.client(settings, kafka.bootstrap), kafka.reads_topic)
