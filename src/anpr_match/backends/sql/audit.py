"""The audit in its table: append-only by trigger, chained by digest, in the act's own transaction."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import bulk, counters, tables
from anpr_match.backends.sql.engine import Database
from anpr_match.ports.audit import GENESIS, Act, Kind, Record, chained, fits

_PAGE_RECORDS = 1_000
_ACTS_AT_ONCE = 500

_digest = sa.select(tables.audit.c.digest).where(tables.audit.c.number == sa.bindparam("place"))
_page = (
    sa.select(tables.audit)
    .where(tables.audit.c.number > sa.bindparam("after"))
    .order_by(tables.audit.c.number)
    .limit(_PAGE_RECORDS)
)


def append(connection: sa.Connection, acts: Sequence[Act]) -> None:
    """Record the acts in the transaction of `connection`. To be done last: everybody who records an
    act waits here for this transaction to end."""
    if not acts:
        return
    last = counters.advance(connection, counters.AUDIT, len(acts))
    first = last - len(acts) + 1
    digest = connection.execute(_digest, {"place": first - 1}).scalar() or GENESIS
    for start in range(0, len(acts), _ACTS_AT_ONCE):
        rows: list[dict[str, Any]] = []
        for number, act in enumerate(acts[start : start + _ACTS_AT_ONCE], first + start):
            record = chained(digest, number, act)
            digest = record.digest
            rows.append(_row(record))
        bulk.insert(connection, tables.audit, rows)


class SqlAudit:
    """Records cut off from the end are noticed by the counter, unless whoever cut turned it back too:
    keep the newest number and digest elsewhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, act: Act) -> None:
        await self.note_all([act])

    async def note_all(self, acts: Sequence[Act]) -> None:
        await self._database.write(lambda connection: append(connection, acts))

    async def records(self) -> AsyncIterator[Record]:
        after = 0
        while page := await self._page(after):
            for record in page:
                yield record
            after = page[-1].number

    async def verify(self) -> int | None:
        expected = await self._expected()
        digest = GENESIS
        number = 0
        async for record in self.records():
            number += 1
            if not fits(digest, number, record):
                return record.number
            digest = record.digest
        return number + 1 if number < expected else None

    async def _expected(self) -> int:
        """How many records there are at least: the counter is read before them, and only grows."""

        def count(connection: sa.Connection) -> int:
            return int(connection.execute(sa.select(counters.value(counters.AUDIT))).scalar_one())

        return await self._database.read(count)

    async def _page(self, after: int) -> list[Record]:
        def page(connection: sa.Connection) -> list[Record]:
            return [_record(row) for row in connection.execute(_page, {"after": after})]

        return await self._database.read(page)


def _row(record: Record) -> dict[str, Any]:
    return {
        "number": record.number,
        "at": record.at,
        "kind": record.kind.value,
        "by": record.by,
        "force": record.force,
        "action": record.action,
        "subject": record.subject,
        "reason": record.reason,
        "digest": record.digest,
    }


def _record(row: sa.Row[Any]) -> Record:
    return Record(
        row.number, row.at, Kind(row.kind), row.by, row.force, row.action, row.subject, row.reason, row.digest
    )
