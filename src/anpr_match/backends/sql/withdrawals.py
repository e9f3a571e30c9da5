"""Taking hits back when their entry is no longer active."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from anpr_match.backends.sql import counters, tables
from anpr_match.domain.event import Kind
from anpr_match.domain.handling import Status
from anpr_match.wire import hit as wire_hit

_open = (
    sa.select(tables.hit.c.hit_id, tables.hit.c.entry_id, tables.hit.c.sighting_id)
    .where(
        tables.hit.c.entry_id.in_(sa.bindparam("entry_ids", expanding=True)),
        tables.hit.c.withdrawn_at.is_(None),
        tables.hit.c.recorded_at >= sa.bindparam("since"),
    )
    .order_by(tables.hit.c.seq)
)
_withdraw = (
    sa.update(tables.hit)
    .where(tables.hit.c.hit_id == sa.bindparam("of_hit"))
    .values(
        withdrawn_at=sa.bindparam("at"),
        withdrawn_reason=sa.bindparam("because"),
        status=Status.CLOSED.value,
        next_step_at=None,
    )
)
_announce = sa.insert(tables.event)


def withdraw_hits(
    connection: sa.Connection, entry_ids: Sequence[str], reason: str, at: datetime, since: datetime
) -> None:
    """Write `hit.withdrawn` for each hit of these entries recorded from `since` on.

    The entries must have been written as no longer active before, in this transaction. Whoever records
    hits holds the event counter while looking at entries; so does this while looking at hits. One of
    the two comes first: either the hits are seen here, or the entries are seen there.
    """
    counters.locked(connection, counters.EVENT)
    found = connection.execute(_open, {"entry_ids": list(entry_ids), "since": since}).all()
    if not found:
        return
    last = counters.advance(connection, counters.EVENT, len(found))
    events = [
        {
            "seq": seq,
            "kind": Kind.HIT_WITHDRAWN.value,
            "hit_id": row.hit_id,
            "recorded_at": at,
            "body": wire_hit.render_withdrawn(row.hit_id, row.entry_id, row.sighting_id, reason),
        }
        for seq, row in enumerate(found, last - len(found) + 1)
    ]
    connection.execute(_announce, events)
    done = [{"of_hit": row.hit_id, "at": at, "because": reason} for row in found]
    connection.execute(_withdraw, done)
