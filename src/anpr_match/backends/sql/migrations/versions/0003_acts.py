"""Acts on hits, the state of hits, and to whom events are addressed."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Hits from before acts were kept: nobody can be asked any more who answered them.
    op.add_column("hit", sa.Column("status", sa.Text(), nullable=False, server_default="expired"))
    op.add_column("hit", sa.Column("state", sa.Text(), nullable=True))
    op.add_column("hit", instant("next_step_at", nullable=True))
    op.add_column("event", sa.Column("routing", sa.Text(), nullable=True))
    op.create_index("ix_hit_next_step_at", "hit", ["next_step_at"])
    op.create_index("ix_hit_recorded_at", "hit", ["recorded_at"])
    op.create_table(
        "hit_act",
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("hit_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_key", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("by_force", sa.Text(), nullable=True),
        sa.Column("by_unit_id", sa.Text(), nullable=True),
        instant("at"),
        instant("recorded_at"),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("plate_true", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.hit_id"], name="fk_hit_act_hit_id"),
        sa.PrimaryKeyConstraint("act_id", name="pk_hit_act"),
    )
    op.create_index("ix_hit_act_hit_id", "hit_act", ["hit_id"])
    op.create_index("ix_hit_act_recorded_at", "hit_act", ["recorded_at"])


def instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
