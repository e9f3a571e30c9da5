"""Which dead letters were put back; and an index to find the passings whose time is up."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "dead_letter_replay",
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("letter_id", name="pk_dead_letter_replay"),
    )
    op.create_index("ix_hit_sighting_id", "hit", ["sighting_id"])
    op.create_index("ix_sighting_last_at", "sighting", ["last_at"])
