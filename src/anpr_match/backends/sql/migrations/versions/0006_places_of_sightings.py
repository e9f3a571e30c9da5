"""Where a passing was last seen, and which way it went."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("lat", "lon", "heading"):
        op.add_column("sighting", sa.Column(name, sa.Double(), nullable=True))
