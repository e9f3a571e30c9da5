"""Which dead letters were put back, beside the audit that says so."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from anpr_match.backends.sql import audit
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.tables import dead_letter_replay as marks
from anpr_match.ports.audit import Act, Kind

_IDS_AT_ONCE = 500

_known = sa.select(marks).where(marks.c.letter_id.in_(sa.bindparam("ids", expanding=True)))
_unmark = sa.delete(marks).where(marks.c.letter_id.in_(sa.bindparam("ids", expanding=True)))
_mark = sa.insert(marks)


class SqlReplays:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def replayed(self, letter_ids: Sequence[str]) -> dict[str, datetime]:
        def known(connection: sa.Connection) -> dict[str, datetime]:
            found: dict[str, datetime] = {}
            for some in _batches(letter_ids):
                rows = connection.execute(_known, {"ids": some})
                found |= {row.letter_id: row.replayed_at for row in rows}
            return found

        return await self._database.view(known)

    async def note(self, letter_ids: Sequence[str], by: str, reason: str, at: datetime) -> None:
        def note(connection: sa.Connection) -> None:
            for some in _batches(letter_ids):
                connection.execute(_unmark, {"ids": some})
                connection.execute(
                    _mark, [{"letter_id": one, "replayed_at": at, "replayed_by": by} for one in some]
                )
            acts = [
                Act(at, Kind.COMBINATION, by, None, "dead_letter.replay", one, reason) for one in letter_ids
            ]
            audit.append(connection, acts)

        await self._database.write(note)


def _batches(letter_ids: Sequence[str]) -> list[list[str]]:
    ids = list(dict.fromkeys(letter_ids))
    return [ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE)]
