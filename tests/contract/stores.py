"""The stores of one process, as a test of a port gets them, whatever lies beneath."""

from dataclasses import dataclass

import sqlalchemy as sa

from anpr_match.backends.memory.act_store import MemoryActStore
from anpr_match.backends.memory.audit import MemoryAudit
from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.deliveries import MemoryDeliveries
from anpr_match.backends.memory.followers import MemoryFollowers
from anpr_match.backends.memory.hit_store import MemoryHitStore
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.patrols import MemoryPatrols
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.backends.memory.tickets import MemoryTickets
from anpr_match.backends.memory.watchlist_store import MemoryWatchlistStore
from anpr_match.backends.sql.act_store import SqlActStore
from anpr_match.backends.sql.audit import SqlAudit
from anpr_match.backends.sql.deliveries import SqlDeliveries
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.followers import SqlFollowers
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.backends.sql.limits import Limits
from anpr_match.backends.sql.patrols import SqlPatrols
from anpr_match.backends.sql.registers import SqlRegisters
from anpr_match.backends.sql.tickets import SqlTickets
from anpr_match.backends.sql.watchlist_store import SqlWatchlistStore
from anpr_match.ports.act_store import ActStore
from anpr_match.ports.audit import Audit
from anpr_match.ports.deliveries import Deliveries
from anpr_match.ports.followers import Followers
from anpr_match.ports.hit_store import HitStore
from anpr_match.ports.patrols import Patrols
from anpr_match.ports.registers import Registers
from anpr_match.ports.tickets import Tickets
from anpr_match.ports.watchlist_store import WatchlistStore

_OPEN_TRIGGERS = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
    "postgresql": ["ALTER TABLE audit DISABLE TRIGGER audit_append_only"],
}


@dataclass(frozen=True, slots=True)
class Stores:
    """`beneath` is what they share: a ledger, or a database."""

    watchlist: WatchlistStore
    hits: HitStore
    acts: ActStore
    registers: Registers
    tickets: Tickets
    deliveries: Deliveries
    patrols: Patrols
    followers: Followers
    audit: Audit
    clock: WoundClock
    beneath: Ledger | Database


def in_memory(ledger: Ledger, clock: WoundClock) -> Stores:
    return Stores(
        MemoryWatchlistStore(ledger),
        MemoryHitStore(ledger, clock),
        MemoryActStore(ledger),
        MemoryRegisters(ledger),
        MemoryTickets(ledger),
        MemoryDeliveries(ledger),
        MemoryPatrols(ledger),
        MemoryFollowers(ledger),
        MemoryAudit(ledger),
        clock,
        ledger,
    )


def in_sql(url: str, clock: WoundClock) -> Stores:
    # Tests of races on a slow machine wait their turn rather than fail.
    database = Database(url, Limits(connections=4, pool_wait_s=60.0, busy_s=60.0, statement_s=60.0))
    return Stores(
        SqlWatchlistStore(database),
        SqlHitStore(database, clock),
        SqlActStore(database),
        SqlRegisters(database),
        SqlTickets(database),
        SqlDeliveries(database),
        SqlPatrols(database),
        SqlFollowers(database),
        SqlAudit(database),
        clock,
        database,
    )


async def settled(stores: Stores) -> None:
    """Return when what callers that left had begun is ended. The stores are not to be used after it."""
    if isinstance(stores.beneath, Database):
        await stores.beneath.dispose()


async def tamper(stores: Stores, statement: str) -> None:
    """Change the audit behind the service's back, as one with rights on the database could."""
    assert isinstance(stores.beneath, Database)

    def change(connection: sa.Connection) -> None:
        for opening in _OPEN_TRIGGERS[connection.dialect.name]:
            connection.execute(sa.text(opening))
        connection.execute(sa.text(statement))

    await stores.beneath.write(change)
