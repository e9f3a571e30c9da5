"""The tables, as the newest migration leaves them. A test holds the two together.

Terms of an entry and bodies of events are JSON texts: they are written once, read whole, and shown
as they are. What is searched or joined by has a column of its own.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps no zone, so there it is a text that sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Characters(sa.types.TypeDecorator[str]):
    """Text as it can be stored."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return storable(value)


def storable(text: str | None) -> str | None:
    """The text without the character 0, which PostgreSQL cannot store: it becomes its symbol, U+2400."""
    return text.replace("\0", "\u2400") if text and "\0" in text else text


def _text(name: str, *constraints: Any, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, Characters, *constraints, nullable=nullable, primary_key=primary_key)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Instant, nullable=nullable)


def _number(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[int]:
    # In SQLite only INTEGER (which has 64 bits there) makes the key the row's own number.
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column(name, kind, nullable=nullable, primary_key=primary_key, autoincrement=False)


meta = sa.Table(
    "meta",
    metadata,
    _text("name", primary_key=True),
    _text("value"),
)
"""`log_epoch` names the event log: a position of another log is no position here."""

counter = sa.Table("counter", metadata, _text("name", primary_key=True), _number("value"))

force = sa.Table("force", metadata, _text("code", primary_key=True))

camera = sa.Table(
    "camera",
    metadata,
    _text("camera_id", primary_key=True),
    _text("force", sa.ForeignKey("force.code")),
    _text("name", nullable=True),
    _text("road", nullable=True),
    sa.Column("lat", sa.Double, nullable=True),
    sa.Column("lon", sa.Double, nullable=True),
    sa.Column("heading", sa.Double, nullable=True),
    _text("zone"),
    _text("engine", nullable=True),
    _instant("added_at"),
)

unit = sa.Table(
    "unit",
    metadata,
    _text("unit_id", primary_key=True),
    _text("callsign"),
    _text("force", sa.ForeignKey("force.code")),
    _instant("added_at"),
    sa.UniqueConstraint("callsign"),
)

unit_shift = sa.Table(
    "unit_shift",
    metadata,
    _text("shift_id", primary_key=True),
    _text("unit_id", sa.ForeignKey("unit.unit_id")),
    _text("crew"),
    _text("operations"),
    _instant("started_at"),
    _instant("ended_at", nullable=True),
    sa.Index(None, "unit_id", "started_at"),
    sa.Index(
        "uq_unit_shift_running",
        "unit_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

unit_fix = sa.Table(
    "unit_fix",
    metadata,
    _text("unit_id", sa.ForeignKey("unit.unit_id"), primary_key=True),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("accuracy_m", sa.Double, nullable=True),
    _instant("at"),
    sa.Index(None, "at"),
)

token = sa.Table(
    "token",
    metadata,
    _text("token_id", primary_key=True),
    _text("digest"),
    _text("role"),
    _text("force", sa.ForeignKey("force.code")),
    _text("name"),
    _text("camera_id", sa.ForeignKey("camera.camera_id"), nullable=True),
    _text("unit_id", sa.ForeignKey("unit.unit_id"), nullable=True),
    sa.Column("all_cameras", sa.Boolean, nullable=False),
    _instant("created_at"),
    _instant("revoked_at", nullable=True),
    sa.UniqueConstraint("digest"),
)
"""`digest` is the SHA-256 of the token in hexadecimal; the token itself is nowhere."""

feed_ticket = sa.Table(
    "feed_ticket",
    metadata,
    _text("digest", primary_key=True),
    _text("token_id", sa.ForeignKey("token.token_id")),
    _text("origin", nullable=True),
    _instant("expires_at"),
    sa.Index(None, "expires_at"),
)

feed_device = sa.Table(
    "feed_device",
    metadata,
    _text("token_id", sa.ForeignKey("token.token_id"), primary_key=True),
    _text("device", primary_key=True),
    _text("session", nullable=True),
    _instant("connected_at", nullable=True),
    _text("epoch", nullable=True),
    _number("acked_seq", nullable=True),
    _instant("acked_at", nullable=True),
)
"""The device named "" stands for those of the token that give no name: they have receipts, no session."""

entry = sa.Table(
    "entry",
    metadata,
    _text("entry_id", primary_key=True),
    _number("version"),
    _text("state"),
    _text("owner_force"),
    _text("vrm", nullable=True),
    _instant("ends_at"),
    _text("terms"),
    _instant("created_at"),
    _text("created_by"),
    _instant("updated_at"),
    _text("updated_by"),
    _text("import_id", nullable=True),
    sa.Index(None, "vrm"),
    sa.Index(None, "state", "ends_at"),
    sa.Index(
        None,
        "import_id",
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    ),
)
"""`import_id` names the import that brought it. While that is in `pending_import`, the entry is not there."""

pending_import = sa.Table(
    "pending_import",
    metadata,
    _text("import_id", primary_key=True),
    _instant("touched_at", nullable=True),
)
"""Imports under way. `touched_at` is when one last wrote, and null once it is being undone."""

entry_version = sa.Table(
    "entry_version",
    metadata,
    _text("entry_id", sa.ForeignKey("entry.entry_id"), primary_key=True),
    _number("version", primary_key=True),
    _text("act"),
    _text("state"),
    _text("terms"),
    _instant("created_at"),
    _text("created_by"),
    _instant("at"),
    _text("by"),
    _text("reason", nullable=True),
)

watchlist_change = sa.Table(
    "watchlist_change",
    metadata,
    _number("revision", primary_key=True),
    _text("entry_id"),
    _number("version"),
    sa.ForeignKeyConstraint(["entry_id", "version"], ["entry_version.entry_id", "entry_version.version"]),
    sa.Index(None, "entry_id"),
)

sighting = sa.Table(
    "sighting",
    metadata,
    _text("sighting_id", primary_key=True),
    _text("entry_id", sa.ForeignKey("entry.entry_id")),
    _instant("first_at"),
    _instant("last_at"),
    _number("reads"),
    _text("camera_id"),
    _text("camera_name", nullable=True),
    _text("road", nullable=True),
    _text("force", nullable=True),
    sa.Column("lat", sa.Double, nullable=True),
    sa.Column("lon", sa.Double, nullable=True),
    sa.Column("heading", sa.Double, nullable=True),
    sa.Index(None, "entry_id", "last_at"),
    sa.Index(None, "last_at"),
)

hit = sa.Table(
    "hit",
    metadata,
    _text("hit_id", primary_key=True),
    _text("read_id"),
    _text("entry_id", sa.ForeignKey("entry.entry_id")),
    _text("sighting_id", sa.ForeignKey("sighting.sighting_id")),
    _number("seq"),
    _text("owner_force"),
    _text("shared_with"),
    _text("category"),
    sa.Column("priority", sa.Integer, nullable=False),
    _text("tier"),
    _text("operation_id", nullable=True),
    sa.Column("lat", sa.Double, nullable=True),
    sa.Column("lon", sa.Double, nullable=True),
    _instant("captured_at"),
    _instant("recorded_at"),
    _instant("withdrawn_at", nullable=True),
    _text("withdrawn_reason", nullable=True),
    sa.Column("status", sa.Text, nullable=False, server_default="expired"),
    _text("state", nullable=True),
    _instant("next_step_at", nullable=True),
    sa.UniqueConstraint("seq"),
    sa.Index(None, "entry_id", "recorded_at"),
    sa.Index(None, "recorded_at"),
    sa.Index(None, "next_step_at"),
    sa.Index(None, "sighting_id"),
)
"""Who may see a hit and what it is filtered by. Its body is that of the event `seq`. `hit_id` is made of
camera, read and entry, so its key is what makes twice once. `state` is what became of it, null for hits
from before acts were kept; `status` and `next_step_at` are taken from it."""

event = sa.Table(
    "event",
    metadata,
    _number("seq", primary_key=True),
    _text("kind"),
    _text("hit_id", sa.ForeignKey("hit.hit_id")),
    _instant("recorded_at"),
    _text("body"),
    _text("routing", nullable=True),
    sa.Index(None, "hit_id"),
)
"""What was announced, for ever as it was announced; `routing` is to whom, null when to all who may see it."""

hit_act = sa.Table(
    "hit_act",
    metadata,
    _text("act_id", primary_key=True),
    _text("hit_id", sa.ForeignKey("hit.hit_id")),
    _number("number"),
    _text("kind"),
    _text("by_key"),
    _text("by_name"),
    _text("by_force", nullable=True),
    _text("by_unit_id", nullable=True),
    _instant("at"),
    _instant("recorded_at"),
    _text("answer", nullable=True),
    _text("outcome", nullable=True),
    _text("plate_true", nullable=True),
    _text("note", nullable=True),
    sa.Index(None, "hit_id"),
    sa.Index(None, "recorded_at"),
)
"""Acts and steps, never changed. `number` is the seq of the event that told of the act on its own hit."""

follower = sa.Table(
    "follower",
    metadata,
    _text("name", primary_key=True),
    _text("owner"),
    _instant("leads_until"),
    _text("epoch", nullable=True),
    _number("seq", nullable=True),
)
"""Programs outside that follow the event log: which process tells each, and the last event that it has."""

read_offset = sa.Table(
    "read_offset",
    metadata,
    _text("grp", primary_key=True),
    _text("topic", primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    _number("next_offset", nullable=True),
    _number("owner_epoch"),
)

audit = sa.Table(
    "audit",
    metadata,
    _number("number", primary_key=True),
    _instant("at"),
    _text("kind"),
    _text("by"),
    _text("force", nullable=True),
    _text("action"),
    _text("subject"),
    _text("reason", nullable=True),
    _text("digest"),
)

dead_letter_replay = sa.Table(
    "dead_letter_replay",
    metadata,
    _text("letter_id", primary_key=True),
    _instant("replayed_at"),
    _text("replayed_by"),
)
