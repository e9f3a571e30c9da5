"""Tickets and devices of the feed, shifts and fixes of units, and where hits were read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def upgrade() -> None:
    create_feeds()
    create_patrols()
    # Hits from before have no place of their own: an area filter lets them through, marked.
    op.add_column("hit", sa.Column("lat", sa.Double(), nullable=True))
    op.add_column("hit", sa.Column("lon", sa.Double(), nullable=True))
    counter = sa.table("counter", sa.column("name"), sa.column("value"))
    op.bulk_insert(counter, [{"name": "rights", "value": 0}])


def create_feeds() -> None:
    op.create_table(
        "feed_ticket",
        text("digest"),
        text("token_id"),
        text("origin", nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["token.token_id"], name="fk_feed_ticket_token_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_feed_ticket"),
    )
    op.create_index("ix_feed_ticket_expires_at", "feed_ticket", ["expires_at"])
    op.create_table(
        "feed_device",
        text("token_id"),
        text("device"),
        text("session", nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        text("epoch", nullable=True),
        sa.Column("acked_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["token_id"], ["token.token_id"], name="fk_feed_device_token_id"),
        sa.PrimaryKeyConstraint("token_id", "device", name="pk_feed_device"),
    )


def create_patrols() -> None:
    op.create_table(
        "unit_shift",
        text("shift_id"),
        text("unit_id"),
        text("crew"),
        text("operations"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name="fk_unit_shift_unit_id"),
        sa.PrimaryKeyConstraint("shift_id", name="pk_unit_shift"),
    )
    op.create_index("ix_unit_shift_unit_id_started_at", "unit_shift", ["unit_id", "started_at"])
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_unit_shift_running",
        "unit_shift",
        ["unit_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "unit_fix",
        text("unit_id"),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name="fk_unit_fix_unit_id"),
        sa.PrimaryKeyConstraint("unit_id", name="pk_unit_fix"),
    )
    op.create_index("ix_unit_fix_at", "unit_fix", ["at"])
