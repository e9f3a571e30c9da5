"""The first tables: registers, watchlist, hits, event log, offsets, audit."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

FORCES = ("beds", "cambs", "herts", "norfolk", "suffolk", "essex", "kent")


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=nullable, autoincrement=False)


def upgrade() -> None:
    create_registers()
    create_watchlist()
    create_hits()
    create_audit()
    seed()
    guard_audit()


def create_registers() -> None:
    op.create_table("meta", text("name"), text("value"), sa.PrimaryKeyConstraint("name", name="pk_meta"))
    op.create_table(
        "counter", text("name"), number("value"), sa.PrimaryKeyConstraint("name", name="pk_counter")
    )
    op.create_table("force", text("code"), sa.PrimaryKeyConstraint("code", name="pk_force"))
    op.create_table(
        "camera",
        text("camera_id"),
        text("force"),
        text("name", nullable=True),
        text("road", nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("heading", sa.Double(), nullable=True),
        text("zone"),
        text("engine", nullable=True),
        instant("added_at"),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name="fk_camera_force"),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera"),
    )
    op.create_table(
        "unit",
        text("unit_id"),
        text("callsign"),
        text("force"),
        instant("added_at"),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name="fk_unit_force"),
        sa.PrimaryKeyConstraint("unit_id", name="pk_unit"),
        sa.UniqueConstraint("callsign", name="uq_unit_callsign"),
    )
    op.create_table(
        "token",
        text("token_id"),
        text("digest"),
        text("role"),
        text("force"),
        text("name"),
        text("camera_id", nullable=True),
        text("unit_id", nullable=True),
        sa.Column("all_cameras", sa.Boolean(), nullable=False),
        instant("created_at"),
        instant("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.camera_id"], name="fk_token_camera_id"),
        sa.ForeignKeyConstraint(["force"], ["force.code"], name="fk_token_force"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name="fk_token_unit_id"),
        sa.PrimaryKeyConstraint("token_id", name="pk_token"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )


def create_watchlist() -> None:
    op.create_table(
        "entry",
        text("entry_id"),
        number("version"),
        text("state"),
        text("owner_force"),
        text("vrm", nullable=True),
        instant("ends_at"),
        text("terms"),
        instant("created_at"),
        text("created_by"),
        instant("updated_at"),
        text("updated_by"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_entry"),
    )
    op.create_index("ix_entry_state_ends_at", "entry", ["state", "ends_at"])
    op.create_index("ix_entry_vrm", "entry", ["vrm"])
    op.create_table(
        "entry_version",
        text("entry_id"),
        number("version"),
        text("act"),
        text("state"),
        text("terms"),
        instant("created_at"),
        text("created_by"),
        instant("at"),
        text("by"),
        text("reason", nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.entry_id"], name="fk_entry_version_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", "version", name="pk_entry_version"),
    )
    op.create_table(
        "watchlist_change",
        number("revision"),
        text("entry_id"),
        number("version"),
        sa.ForeignKeyConstraint(
            ["entry_id", "version"],
            ["entry_version.entry_id", "entry_version.version"],
            name="fk_watchlist_change_entry_id_version",
        ),
        sa.PrimaryKeyConstraint("revision", name="pk_watchlist_change"),
    )


def create_hits() -> None:
    op.create_table(
        "sighting",
        text("sighting_id"),
        text("entry_id"),
        instant("first_at"),
        instant("last_at"),
        number("reads"),
        text("camera_id"),
        text("camera_name", nullable=True),
        text("road", nullable=True),
        text("force", nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.entry_id"], name="fk_sighting_entry_id"),
        sa.PrimaryKeyConstraint("sighting_id", name="pk_sighting"),
    )
    op.create_index("ix_sighting_entry_id_last_at", "sighting", ["entry_id", "last_at"])
    op.create_table(
        "hit",
        text("hit_id"),
        text("read_id"),
        text("entry_id"),
        text("sighting_id"),
        number("seq"),
        text("owner_force"),
        text("shared_with"),
        text("category"),
        sa.Column("priority", sa.Integer(), nullable=False),
        text("tier"),
        text("operation_id", nullable=True),
        instant("captured_at"),
        instant("recorded_at"),
        instant("withdrawn_at", nullable=True),
        text("withdrawn_reason", nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.entry_id"], name="fk_hit_entry_id"),
        sa.ForeignKeyConstraint(["sighting_id"], ["sighting.sighting_id"], name="fk_hit_sighting_id"),
        sa.PrimaryKeyConstraint("hit_id", name="pk_hit"),
        sa.UniqueConstraint("seq", name="uq_hit_seq"),
    )
    op.create_index("ix_hit_entry_id_recorded_at", "hit", ["entry_id", "recorded_at"])
    op.create_table(
        "event",
        number("seq"),
        text("kind"),
        text("hit_id"),
        instant("recorded_at"),
        text("body"),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.hit_id"], name="fk_event_hit_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
    )
    op.create_index("ix_event_hit_id", "event", ["hit_id"])
    op.create_table(
        "read_offset",
        text("grp"),
        text("topic"),
        sa.Column("partition", sa.Integer(), nullable=False),
        number("next_offset", nullable=True),
        number("owner_epoch"),
        sa.PrimaryKeyConstraint("grp", "topic", "partition", name="pk_read_offset"),
    )


def create_audit() -> None:
    op.create_table(
        "audit",
        number("number"),
        instant("at"),
        text("kind"),
        text("by"),
        text("force", nullable=True),
        text("action"),
        text("subject"),
        text("reason", nullable=True),
        text("digest"),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )


def seed() -> None:
    """The forces of the agreement, the counters, and a name for this event log that no other has."""
    force = sa.table("force", sa.column("code"))
    op.bulk_insert(force, [{"code": code} for code in FORCES])
    counter = sa.table("counter", sa.column("name"), sa.column("value"))
    op.bulk_insert(counter, [{"name": n, "value": 0} for n in ("audit", "claim", "event", "watchlist")])
    meta = sa.table("meta", sa.column("name"), sa.column("value"))
    op.bulk_insert(meta, [{"name": "log_epoch", "value": secrets.token_hex(8)}])


def guard_audit() -> None:
    """Make the audit append-only against mistakes; the chain is what shows a deliberate change."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
