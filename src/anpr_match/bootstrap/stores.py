"""The stores: everything that is kept in the database, and the bell beside it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.wake_up import LocalWakeUp
from anpr_match.backends.sql import imports, revision
from anpr_match.backends.sql.act_store import SqlActStore
from anpr_match.backends.sql.audit import SqlAudit
from anpr_match.backends.sql.deliveries import SqlDeliveries
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.followers import SqlFollowers
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.backends.sql.limits import Limits as DatabaseLimits
from anpr_match.backends.sql.patrols import SqlPatrols
from anpr_match.backends.sql.registers import SqlRegisters
from anpr_match.backends.sql.tickets import SqlTickets
from anpr_match.backends.sql.wake_up import PostgresWakeUp
from anpr_match.backends.sql.watchlist_store import SqlWatchlistStore
from anpr_match.domain.errors import SetUp
from anpr_match.domain.routing import Plan, Waits
from anpr_match.domain.sighting import Rules
from anpr_match.pipeline.supervisor import Run
from anpr_match.ports.clock import Clock
from anpr_match.ports.wake_up import WakeUp
from anpr_match.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept in the database, and the bell beside it."""

    database: Database
    watchlist: SqlWatchlistStore
    hits: SqlHitStore
    acts: SqlActStore
    registers: SqlRegisters
    tickets: SqlTickets
    deliveries: SqlDeliveries
    patrols: SqlPatrols
    followers: SqlFollowers
    audit: SqlAudit
    wake_up: WakeUp
    clock: Clock
    listening: Run | None


@contextlib.asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """The stores, for a service or for one command. SQLite is brought to this version by itself; on
    PostgreSQL that is the operator's act. Raises `SetUp`, `Unavailable`."""
    url = settings.database_url
    database = Database(
        url,
        DatabaseLimits(
            connections=settings.database.pool_connections, statement_s=settings.database.statement_s
        ),
    )
    try:
        if database.is_sqlite:
            settings.data.dir.mkdir(parents=True, exist_ok=True)
        if not await revision.is_at_head(database):
            if not database.is_sqlite:
                raise SetUp("the database is not at this version: run `anpr-match db upgrade` first")
            upgrade(settings)
        wake_up, listening = _wake_up(database)
        yield Stores(
            database,
            SqlWatchlistStore(database, many=_imports(settings)),
            SqlHitStore(database, SystemClock(), settings.kafka.group, rules(settings), _plan(settings)),
            SqlActStore(database, _plan(settings)),
            SqlRegisters(database),
            SqlTickets(database),
            SqlDeliveries(database),
            SqlPatrols(database),
            SqlFollowers(database),
            SqlAudit(database),
            wake_up,
            SystemClock(),
            listening,
        )
        await wake_up.close()
    finally:
        await database.dispose()


def _imports(settings: Settings) -> imports.Limits:
    told = settings.watchlist
    return imports.Limits(told.import_entries_at_once, told.import_rest_s, told.import_abandoned_s)


def rules(settings: Settings) -> Rules:
    """What is one passing of a vehicle, and what way none can have come."""
    told = settings.sightings
    return Rules(timedelta(seconds=told.window_s), told.fastest_kmh, told.slack_km)


def _plan(settings: Settings) -> Plan:
    routing = settings.routing
    return Plan(
        waits=(
            (1, Waits(routing.wider_after_s, routing.control_room_after_s)),
            (2, Waits(routing.priority_2_wider_after_s, routing.priority_2_control_room_after_s)),
        ),
        expire_s=routing.expire_after_s,
        near_km=routing.near_km,
    )


def upgrade(settings: Settings) -> None:
    """Bring the database to this version's tables. Raises `SetUp`, `Unavailable`."""
    # Alembic takes as long to load as all the rest of a command, and is needed once in a database's life.
    from anpr_match.backends.sql import migrate  # noqa: PLC0415

    migrate.upgrade(_database_url(settings))


def revisions(settings: Settings) -> tuple[str | None, str]:
    """The revision of the database (None: it is empty), and the one that this version needs.
    Raises `SetUp`, `Unavailable`."""
    from anpr_match.backends.sql import migrate  # noqa: PLC0415 as above

    return migrate.current(_database_url(settings)), revision.HEAD


def _database_url(settings: Settings) -> str:
    """The address of the database, with the folder there that SQLite's file lies in."""
    if settings.database.url is None:
        settings.data.dir.mkdir(parents=True, exist_ok=True)
    return settings.database_url


def _wake_up(database: Database) -> tuple[WakeUp, Run | None]:
    local = LocalWakeUp()
    if database.is_sqlite:
        return local, None
    shared = PostgresWakeUp(database, local)
    return shared, shared.run
