"""The offsets up to which reads are done, and who may move them on."""

from collections.abc import Sequence

import sqlalchemy as sa

from anpr_match.backends.sql import counters
from anpr_match.backends.sql.tables import read_offset
from anpr_match.domain.errors import Fenced
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Claim, Partition

_owned = (
    sa.select(read_offset, counters.value(counters.EVENT).label("head_seq"))
    .where(
        read_offset.c.grp == sa.bindparam("grp"),
        sa.tuple_(read_offset.c.topic, read_offset.c.partition).in_(
            sa.bindparam("partitions", expanding=True)
        ),
    )
    # Always in the same order, so that two that lock several never wait for each other.
    .order_by(read_offset.c.topic, read_offset.c.partition)
    .with_for_update(of=read_offset)
)
_this = (
    read_offset.c.grp == sa.bindparam("of_grp"),
    read_offset.c.topic == sa.bindparam("of_topic"),
    read_offset.c.partition == sa.bindparam("of_partition"),
)
_move = sa.update(read_offset).where(*_this).values(next_offset=sa.bindparam("to"))
_take = sa.update(read_offset).where(*_this).values(owner_epoch=sa.bindparam("epoch"))
_begin = sa.insert(read_offset)


def claim(connection: sa.Connection, group: str, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
    """Make the caller the owner. Claims take turns, so each has an epoch that no other has."""
    wanted = sorted(set(partitions))
    epoch = counters.advance(connection, counters.CLAIM, 1)
    rows = connection.execute(_owned, {"grp": group, "partitions": wanted})
    claims = {Partition(row.topic, row.partition): Claim(row.next_offset, epoch) for row in rows}
    if claims:
        connection.execute(_take, [{**_place(group, known), "epoch": epoch} for known in claims])
    new = [partition for partition in wanted if partition not in claims]
    if new:
        connection.execute(
            _begin,
            [
                {
                    "grp": group,
                    "topic": p.topic,
                    "partition": p.number,
                    "next_offset": None,
                    "owner_epoch": epoch,
                }
                for p in new
            ],
        )
    return claims | {partition: Claim(None, epoch) for partition in new}


def advance(connection: sa.Connection, group: str, done: Sequence[Done]) -> int | None:
    """Move the offsets on, never back. Returns the head of the event log, None if `done` is empty.

    Raises `Fenced` when the owner of a partition is another.
    """
    partitions = sorted({part.partition for part in done})
    if not partitions:
        return None
    rows = connection.execute(_owned, {"grp": group, "partitions": partitions}).all()
    stand = {Partition(row.topic, row.partition): row for row in rows}
    moves: dict[Partition, int] = {}
    for part in done:
        row = stand.get(part.partition)
        if row is None or row.owner_epoch != part.owner_epoch:
            raise Fenced(f"partition {part.partition.number} of {part.partition.topic} has another owner")
        now = moves.get(part.partition, row.next_offset)
        if now is None or part.next_offset > now:
            moves[part.partition] = part.next_offset
    if moves:
        connection.execute(_move, [{**_place(group, p), "to": to} for p, to in moves.items()])
    return int(rows[0].head_seq)


def _place(group: str, partition: Partition) -> dict[str, str | int]:
    return {"of_grp": group, "of_topic": partition.topic, "of_partition": partition.number}
