"""The offsets up to which reads are done, and who may move them on."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from anpr_match.backends.sql import bulk, counters
from anpr_match.backends.sql.among import among
from anpr_match.backends.sql.tables import read_offset
from anpr_match.domain.errors import Fenced
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Claim, Partition

_place = read_offset.c.topic + " " + sa.cast(read_offset.c.partition, sa.Text)
_owned = (
    sa.select(
        read_offset.c.topic,
        read_offset.c.partition,
        read_offset.c.next_offset,
        read_offset.c.owner_epoch,
        counters.value(counters.EVENT),
    )
    # A group has few partitions, and the statement is the same however many of them are asked for.
    .where(read_offset.c.grp == sa.bindparam("grp"), among(_place, "places"))
    # Always in the same order, so that two that lock several never wait for each other.
    .order_by(read_offset.c.topic, read_offset.c.partition)
    .with_for_update(of=read_offset)
)
_KEYS = ("grp", "topic", "partition")


def claim(connection: sa.Connection, group: str, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
    """Make the caller the owner. Claims take turns, so each has an epoch that no other has."""
    wanted = sorted(set(partitions))
    epoch = counters.advance(connection, counters.CLAIM, 1)
    rows = _locked(connection, group, wanted)
    claims = {partition: Claim(row.next_offset, epoch) for partition, row in rows.items()}
    taken = [{"owner_epoch": epoch, **_key(group, partition)} for partition in claims]
    bulk.update(connection, read_offset, _KEYS, taken)
    new = [partition for partition in wanted if partition not in claims]
    begun = [{**_key(group, p), "next_offset": None, "owner_epoch": epoch} for p in new]
    bulk.insert(connection, read_offset, begun)
    return claims | {partition: Claim(None, epoch) for partition in new}


def advance(connection: sa.Connection, group: str, done: Sequence[Done]) -> int | None:
    """Move the offsets on, never back. Returns the head of the event log, None if `done` is empty.

    Raises `Fenced` when the owner of a partition is another.
    """
    if not done:
        return None
    stand = _locked(connection, group, {part.partition for part in done})
    moves: dict[Partition, int] = {}
    for part in done:
        row = stand.get(part.partition)
        if row is None or row.owner_epoch != part.owner_epoch:
            raise Fenced(f"partition {part.partition.number} of {part.partition.topic} has another owner")
        now = moves.get(part.partition, row.next_offset)
        if now is None or part.next_offset > now:
            moves[part.partition] = part.next_offset
    moved = [{"next_offset": to, **_key(group, partition)} for partition, to in moves.items()]
    bulk.update(connection, read_offset, _KEYS, moved)
    return next(iter(stand.values())).head_seq


class _Stand(NamedTuple):
    next_offset: int | None
    owner_epoch: int
    head_seq: int


def _locked(
    connection: sa.Connection, group: str, partitions: Collection[Partition]
) -> dict[Partition, _Stand]:
    """How those stand that are known, and nobody else can change them until this transaction ends."""
    places = [f"{partition.topic} {partition.number}" for partition in partitions]
    rows = connection.execute(_owned, {"grp": group, "places": places})
    return {Partition(topic, number): _Stand(*stand) for topic, number, *stand in rows}


def _key(group: str, partition: Partition) -> dict[str, str | int]:
    return {"grp": group, "topic": partition.topic, "partition": partition.number}
