"""Counters that number what happens: in the transaction of what they number, so that the order of
numbers is the order of commits and no number is missing.

Numbers of a database sequence can do neither: they are taken before the commit, and a reader that has
seen 8 may never see 7. Here the counter's row stays locked to the end of the transaction. Locks are
taken in the order in which the counters stand here, after any other lock.
"""

import sqlalchemy as sa

from anpr_match.backends.sql.tables import counter

CLAIM = "claim"
WATCHLIST = "watchlist"
EVENT = "event"
RIGHTS = "rights"
AUDIT = "audit"

_locked = sa.select(counter.c.value).where(counter.c.name == sa.bindparam("of")).with_for_update()
_advance = (
    sa.update(counter)
    .where(counter.c.name == sa.bindparam("of"))
    .values(value=counter.c.value + sa.bindparam("steps"))
    .returning(counter.c.value)
)


def locked(connection: sa.Connection, name: str) -> int:
    """The counter's value, which nobody else can change until this transaction ends."""
    value: int = connection.execute(_locked, {"of": name}).scalar_one()
    return value


def advance(connection: sa.Connection, name: str, steps: int) -> int:
    """Lock the counter and move it on; returns the new value."""
    value: int = connection.execute(_advance, {"of": name, "steps": steps}).scalar_one()
    return value


def value(name: str) -> sa.ScalarSelect[int]:
    """The counter as it stands, to be asked for within another statement."""
    return sa.select(counter.c.value).where(counter.c.name == name).scalar_subquery()
