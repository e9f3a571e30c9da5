"""Devices, their connections and their receipts in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anpr_match.backends.sql import counters
from anpr_match.backends.sql.engine import Database
from anpr_match.backends.sql.tables import feed_device, token
from anpr_match.backends.sql.upsert import upsert
from anpr_match.domain.delivery import Device, Receipt
from anpr_match.domain.event import Position

_IDS_AT_ONCE = 500

_some = sa.select(feed_device).where(
    sa.tuple_(feed_device.c.token_id, feed_device.c.device).in_(sa.bindparam("keys", expanding=True))
)
_tokens = sa.select(token.c.token_id).where(token.c.token_id.in_(sa.bindparam("ids", expanding=True)))
_acked = (
    sa.select(feed_device)
    .where(
        feed_device.c.token_id.in_(sa.bindparam("ids", expanding=True)), feed_device.c.acked_seq.is_not(None)
    )
    .order_by(feed_device.c.token_id, feed_device.c.device)
)
_leave = (
    sa.update(feed_device)
    .where(
        feed_device.c.token_id == sa.bindparam("of_token"),
        feed_device.c.device == sa.bindparam("of_device"),
        feed_device.c.session == sa.bindparam("over"),
    )
    .values(session=sa.null())
)


class SqlDeliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def connect(self, sessions: Mapping[Device, str], at: datetime) -> dict[Device, Position]:
        def connect(connection: sa.Connection) -> dict[Device, Position]:
            known = _known(connection, sessions)
            # Always in the same order, so that two that write several never wait for each other.
            rows = [
                {**_key(device), "session": session, "connected_at": at}
                for device, session in sorted(sessions.items())
            ]
            statement = upsert(connection.dialect.name, feed_device, ("session", "connected_at"))
            connection.execute(statement, rows)
            if any(row.session is not None for row in known.values()):
                counters.advance(connection, counters.RIGHTS, 1)
            return {
                device: Position(row.epoch, row.acked_seq)
                for device, row in known.items()
                if row.epoch is not None
            }

        return await self._database.write(connect) if sessions else {}

    async def leave(self, sessions: Mapping[Device, str]) -> None:
        def leave(connection: sa.Connection) -> None:
            # Always in the same order, so that two that write several never wait for each other.
            rows = [
                {"of_token": device.token_id, "of_device": device.name, "over": session}
                for device, session in sorted(sessions.items())
            ]
            connection.execute(_leave, rows)

        if sessions:
            await self._database.write(leave)

    async def sessions(self, devices: Collection[Device]) -> dict[Device, str]:
        known = await self._database.read(lambda connection: _known(connection, devices))
        return {device: row.session for device, row in known.items() if row.session is not None}

    async def note(self, receipts: Sequence[Receipt]) -> None:
        if not receipts:
            return

        def note(connection: sa.Connection) -> None:
            known = _known_tokens(connection, receipts)
            rows = [_row(receipt) for receipt in receipts if receipt.device.token_id in known]
            if rows:
                # Always in the same order, so that two that write several never wait for each other.
                rows.sort(key=lambda row: (row["token_id"], row["device"]))
                statement = upsert(
                    connection.dialect.name, feed_device, ("epoch", "acked_seq", "acked_at"), _onwards
                )
                connection.execute(statement, rows)

        await self._database.write(note)

    async def receipts(self, token_ids: Collection[str]) -> list[Receipt]:
        ids = sorted(set(token_ids))

        def receipts(connection: sa.Connection) -> list[Receipt]:
            return [
                _receipt(row)
                for start in range(0, len(ids), _IDS_AT_ONCE)
                for row in connection.execute(_acked, {"ids": ids[start : start + _IDS_AT_ONCE]})
            ]

        return await self._database.read(receipts)


def _known(connection: sa.Connection, devices: Collection[Device]) -> dict[Device, sa.Row[Any]]:
    """The rows of those devices that are known."""
    keys = sorted({(device.token_id, device.name) for device in devices})
    known: dict[Device, sa.Row[Any]] = {}
    for start in range(0, len(keys), _IDS_AT_ONCE):
        for row in connection.execute(_some, {"keys": keys[start : start + _IDS_AT_ONCE]}):
            known[Device(row.token_id, row.device)] = row
    return known


def _known_tokens(connection: sa.Connection, receipts: Sequence[Receipt]) -> set[str]:
    ids = sorted({receipt.device.token_id for receipt in receipts})
    known: set[str] = set()
    for start in range(0, len(ids), _IDS_AT_ONCE):
        rows = connection.execute(_tokens, {"ids": ids[start : start + _IDS_AT_ONCE]})
        known.update(row.token_id for row in rows)
    return known


def _onwards(new: Any, table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.or_(
        table.c.epoch.is_(None), table.c.epoch != new["epoch"], table.c.acked_seq < new["acked_seq"]
    )


def _key(device: Device) -> dict[str, Any]:
    return {"token_id": device.token_id, "device": device.name}


def _row(receipt: Receipt) -> dict[str, Any]:
    position = receipt.position
    return {
        **_key(receipt.device),
        "epoch": position.epoch,
        "acked_seq": position.seq,
        "acked_at": receipt.at,
    }


def _receipt(row: sa.Row[Any]) -> Receipt:
    return Receipt(Device(row.token_id, row.device), Position(row.epoch, row.acked_seq), row.acked_at)
