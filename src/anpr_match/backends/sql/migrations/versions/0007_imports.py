"""Imports that come in bit by bit, and are there all at once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "pending_import",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("import_id", name="pk_pending_import"),
    )
    op.add_column("entry", sa.Column("import_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_entry_import_id",
        "entry",
        ["import_id"],
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    # Without it each version that is erased has all changes looked through, for the foreign key.
    op.create_index("ix_watchlist_change_entry_id", "watchlist_change", ["entry_id"])
