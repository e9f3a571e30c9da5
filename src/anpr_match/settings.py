"""Every setting, one frozen class a part; the only reader of the environment.

Sources, the first wins: `ANPR_…` environment variables (`__` for nesting), the secrets directory named
by `ANPR_SECRETS_DIR`, `.env`, `anpr-match.toml`, the defaults here. A unit stands last in a name.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Data(Part):
    """Where the embedded set keeps everything."""

    dir: Path = Field(
        default=Path("anpr-data"), description="Folder of the embedded set: database, read log."
    )
    free_bytes_min: int = Field(
        default=50_000_000, ge=0, description="Not ready when less is free where the embedded set's data lie."
    )


class Database(Part):
    """The store of watchlist, hits, registers and audit."""

    url: SecretStr | None = Field(
        default=None,
        description="`postgresql+asyncpg://…` or `sqlite+aiosqlite:///…`; unset: SQLite in the data folder.",
    )
    pool_connections: int = Field(
        default=8, ge=1, le=100, description="Connections to PostgreSQL per process."
    )
    statement_s: float = Field(default=10.0, gt=0, description="Longest a statement may take on PostgreSQL.")


class Kafka(Part):
    """The log of reads of the scale-out set; unset `bootstrap` means the local read log."""

    bootstrap: str | None = Field(
        default=None, description="`host:port,…` of the brokers; unset: local read log."
    )
    reads_topic: str = Field(default="anpr.reads.v1", description="Topic that reads are taken from.")
    dead_letters_topic: str = Field(default="anpr.reads.dlq.v1", description="Topic of what cannot be read.")
    group: str = Field(default="anpr-match", description="Consumer group of the matchers.")
    create_topics: bool = Field(default=True, description="Whether missing topics are created at start.")
    partitions: int = Field(default=12, ge=1, le=1000, description="Partitions of a topic that is created.")
    replication: int = Field(default=1, ge=1, le=9, description="Replicas of a topic that is created.")
    session_s: float = Field(default=10.0, gt=0, description="A matcher silent for this long is replaced.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How the brokers are spoken to; `SASL_SSL` or `SSL` in operation."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="How name and password are shown, with `SASL_…`."
    )
    sasl_username: str | None = Field(default=None, description="Name to sign in with, with `SASL_…`.")
    sasl_password: SecretStr | None = Field(default=None, description="Its password.")
    ca_file: Path | None = Field(
        default=None, description="Authorities of the brokers' certificates (PEM); unset: the machine's."
    )
    cert_file: Path | None = Field(default=None, description="Our own certificate (PEM), for mutual TLS.")
    key_file: Path | None = Field(default=None, description="Its key (PEM), if not in the same file.")


class ReadLog(Part):
    """The local read log of the embedded set."""

    keep_h: float = Field(default=24.0, ge=0, description="How long reads that are done are kept.")
    queue_reads_max: int = Field(default=100_000, ge=1, description="Reads waiting to be written, at most.")


class Http(Part):
    """The front door."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    body_bytes_max: int = Field(default=2_000_000, ge=1_000, description="Largest request body.")
    body_s: float = Field(default=60.0, gt=0, description="How long a request may take to send its body.")
    discard_bytes_max: int = Field(
        default=32_000_000, ge=0, description="How much of a body that is too large is taken in unseen."
    )
    reads_per_post_max: int = Field(default=20_000, ge=1, description="Most reads in one request.")
    page_max: int = Field(default=1_000, ge=1, description="Most items in one page of any list.")
    scan_events_max: int = Field(
        default=20_000, ge=1_000, description="Events looked through for one page of hits."
    )
    token_cache_s: float = Field(default=5.0, ge=0, le=60, description="How long a good token is remembered.")
    tokens_max: int = Field(default=10_000, ge=1, description="Good tokens remembered at once.")
    stop_s: float = Field(default=3.0, gt=0, description="How long open requests may take to end at a stop.")
    tcp_user_timeout_s: float = Field(
        default=20.0, gt=0, description="A peer that takes no data for this long is cut."
    )
    ping_s: float = Field(
        default=10.0, gt=0, description="How often a websocket is tried, and how long it may take to answer."
    )
    unsent_bytes_max: int = Field(
        default=262_144, ge=8_192, description="What the kernel keeps for a peer that has not taken it yet."
    )


class Match(Part):
    """The matcher."""

    batch_reads_min: int = Field(default=500, ge=1, description="Reads in a batch when there is no backlog.")
    batch_reads_max: int = Field(
        default=16_000, ge=1, description="Reads in a batch at most: so large only while there is a backlog."
    )
    wait_s: float = Field(default=0.5, gt=0, description="Longest wait for reads before looking at a stop.")
    put_off_reads_max: int = Field(
        default=500, ge=0, description="Reads without a hit whose offsets may wait to be written with others."
    )
    put_off_s: float = Field(default=0.1, ge=0, le=10, description="How long these may wait.")
    model: Path | None = Field(default=None, description="Model file from `learn`; unset: the shipped one.")
    probable: float = Field(default=0.7, gt=0, lt=1, description="Least probability of the tier probable.")
    possible: float = Field(default=0.05, gt=0, lt=1, description="Least probability of any fuzzy hit.")
    seen_plates_max: int = Field(
        default=1_000_000, ge=0, description="Plates seen that are remembered, as keyed hashes; 0: none."
    )
    seen_kept_days: int = Field(default=90, ge=1, le=366, description="How long each is, once last seen.")
    seen_key: SecretStr | None = Field(
        default=None, min_length=16, description="Key of these hashes; unset: one made in the data folder."
    )
    seen_save_every_s: float = Field(default=600.0, gt=0, description="How often that memory is saved.")

    poison_stops: bool = Field(
        default=True, description="Whether a partition of mostly bad records is held; else all are kept."
    )
    poison_in_row: int = Field(default=20, ge=2, description="So many bad records in a row hold a partition.")
    poison_of_100: int = Field(
        default=20, ge=1, le=100, description="More than so many bad of the last 100 hold a partition."
    )
    poison_letters_max: int = Field(
        default=100, ge=0, description="Dead letters of one such trouble, at most."
    )
    poison_hold_s: float = Field(
        default=60.0, gt=0, description="How long a partition is held before it is tried again."
    )


class Watchlist(Part):
    """Following the shared watchlist."""

    poll_s: float = Field(default=0.5, gt=0, description="How often the list is looked at for changes.")
    stale_s: float = Field(default=10.0, gt=0, description="Not ready when the list is older than this.")
    pause_s: float = Field(default=3.0, gt=0, description="Matching pauses when the list is older than this.")
    take_in_s: float = Field(
        default=15.0,
        gt=0,
        description="Longest that reads are matched with the list from before while an import is loaded.",
    )
    import_entries_at_once: int = Field(
        default=500, ge=1, le=10_000, description="Entries of an import in one transaction."
    )
    import_rest_s: float = Field(
        default=0.1, ge=0, description="Pause between these transactions on SQLite, for others to write."
    )
    import_abandoned_s: float = Field(
        default=60.0, gt=0, description="An import that wrote nothing for so long is undone."
    )
    ends_every_s: float = Field(
        default=1.0, gt=0, description="How often entries past their end are looked for."
    )
    cameras_refresh_s: float = Field(
        default=2.0, gt=0, description="How often the register of cameras is read."
    )


class Feed(Part):
    """The feed to patrol units."""

    heartbeat_s: float = Field(default=10.0, gt=0, description="A heartbeat at least this often.")
    hello_s: float = Field(
        default=10.0, gt=0, description="A socket that has not said hello by then is closed."
    )
    send_s: float = Field(
        default=10.0, gt=0, description="A client that takes no frame for this long is closed."
    )
    rights_s: float = Field(
        default=40.0, gt=0, description="How often the right of an open feed is checked, come what may."
    )
    rights_poll_s: float = Field(
        default=0.5, gt=0, description="How often is looked whether any right has ended."
    )
    feeds_max: int = Field(default=20_000, ge=1, description="Feeds open in one process, at most.")
    feeds_per_token_max: int = Field(
        default=10_000, ge=1, description="Feeds of one token open in one process, at most."
    )
    waiting_max: int = Field(
        default=8_192, ge=1, description="Sockets that have not said hello yet, at most."
    )
    save_s: float = Field(
        default=2.0, ge=0, description="How often delivery receipts and positions are written."
    )
    position_keep_s: float = Field(default=1_800.0, gt=0, description="How long is known where a unit was.")
    ticket_s: float = Field(default=45.0, ge=1, le=60, description="How long a ticket is good.")
    poll_s: float = Field(default=0.5, gt=0, description="How often the event log is looked at.")
    ring_events: int = Field(default=1_000, ge=1, description="Newest events kept in memory.")
    window_events: int = Field(default=5_000, ge=1, description="How far back a client may resume from.")
    window_h: float = Field(default=24.0, gt=0, description="How long ago a client may resume from.")
    frame_bytes_max: int = Field(default=65_536, ge=1_024, description="Largest frame a client may send.")
    origins: tuple[str, ...] = Field(
        default=(), description="Web origins that may open a socket besides our own."
    )


class Watch(Part):
    """What a process watches in itself."""

    loop_blocked_s: float = Field(default=5.0, gt=0, description="A loop that hangs so long is reported.")
    loop_end_s: float = Field(
        default=60.0, ge=0, description="A loop that hangs so long ends the process; 0: never."
    )
    batch_late_s: float = Field(
        default=30.0, gt=0, description="Not ready when a batch takes longer than this."
    )
    log_silent_s: float = Field(
        default=30.0, gt=0, description="Not ready when the log of reads does not answer for so long."
    )
    fetch_stuck_s: float = Field(
        default=30.0, gt=0, description="A consumer that takes none of what waits for so long is made anew."
    )


class Faults(Part):
    """Faults made on purpose, for tests only: see pipeline/failpoints.py."""

    failpoints: str = Field(
        default="", description="`NAME:ACTION@N,…`: faults at named places of the hot path."
    )
    allowed: bool = Field(default=False, description="Without it a process with failpoints does not start.")


class Sightings(Part):
    """Which reads of a listed vehicle are one passing, and so one card."""

    window_s: float = Field(default=600.0, gt=0, description="Reads further apart in time are two passings.")
    fastest_kmh: float = Field(
        default=250.0,
        gt=0,
        description="Faster than this no vehicle goes from camera to camera: two then carry the plate.",
    )
    slack_km: float = Field(
        default=20.0, ge=0, description="So far apart two reads may be, however short the time between them."
    )


class Routing(Part):
    """To whom hits are addressed, and how long each waits for an answer."""

    wider_after_s: float = Field(
        default=60.0, ge=0, description="An open hit of priority 1 goes to all forces after this."
    )
    control_room_after_s: float = Field(
        default=180.0, ge=0, description="An open hit of priority 1 goes to the control room after this."
    )
    priority_2_wider_after_s: float = Field(default=180.0, ge=0, description="The same for priority 2.")
    priority_2_control_room_after_s: float = Field(
        default=600.0, ge=0, description="The same for priority 2."
    )
    expire_after_s: float = Field(
        default=3_600.0, gt=0, description="A hit that nobody answered expires after this."
    )
    near_km: float = Field(
        default=10.0, ge=0, description="Units this near to the camera are addressed, whatever their force."
    )
    every_s: float = Field(default=0.5, gt=0, description="How often hits that wait are looked for.")


class Retention(Part):
    """How long is kept what nobody needs any more."""

    hits_days: float = Field(
        default=365.0, ge=2, description="Hits, their events and passings are erased after so many days."
    )
    dead_letters_days: float = Field(
        default=14.0, gt=0, description="Dead letters are erased after so many days."
    )
    devices_days: float = Field(
        default=7.0,
        ge=1,
        description="A device of a feed is forgotten so many days after it last connected or acknowledged.",
    )
    every_s: float = Field(default=600.0, gt=0, description="How often is looked for what is due.")
    events_at_once_max: int = Field(
        default=500, ge=1, le=10_000, description="Events erased in one transaction."
    )


class Export(Part):
    """Hits for programs that follow a topic, on the brokers of `ANPR_KAFKA__BOOTSTRAP`."""

    hits_topic: str = Field(
        default="",
        description="Topic that every event of the feed goes to, such as anpr.hits.v1; empty: none.",
    )
    page_events: int = Field(default=100, ge=1, le=1_000, description="Events sent at once.")
    lease_s: float = Field(
        default=30.0, gt=1, description="Another process takes an export over from one silent for this long."
    )
    pause_max_s: float = Field(default=60.0, gt=0, description="Longest pause between two tries.")


class Webhook(Part):
    """One receiver that is told by HTTP what the feed tells (Standard Webhooks). There may be more, each
    with a name, which is also what metrics and health call it: `ANPR_WEBHOOKS__NAME__URL` and so on, or in
    TOML a table `[webhooks.NAME]`."""

    url: SecretStr | None = Field(default=None, description="Address that events are posted to; unset: none.")
    secret: SecretStr | None = Field(default=None, description="Key of the signatures: `whsec_` and base64.")
    force: str | None = Field(
        default=None, description="Tell only what this force may see, such as herts; unset: everything."
    )
    allowed_networks: tuple[str, ...] = Field(
        default=(), description="Networks that are not in the open but may be posted to, such as 10.1.0.0/16."
    )
    answer_s: float = Field(default=10.0, gt=0, description="How long the receiver may take to answer.")
    pause_max_s: float = Field(default=300.0, gt=0, description="Longest pause between two tries.")
    refusals_max: int = Field(
        default=12, ge=1, description="An event refused (4xx) this often is given up, and counted."
    )


WEBHOOKS_MAX = 20
"""Each has a task, a thread for names, and a place in the log."""

WebhookName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=30)]


class Log(Part):
    """What the process says of itself, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level written."
    )
    format: Literal["json", "console"] = Field(
        default="json", description="One JSON object a line, or for reading."
    )


class Settings(BaseSettings):
    """All settings of a process."""

    model_config = SettingsConfigDict(
        env_prefix="ANPR_",
        env_nested_delimiter="__",
        env_file=".env",
        toml_file="anpr-match.toml",
        extra="ignore",
        frozen=True,
        secrets_dir=os.environ.get("ANPR_SECRETS_DIR"),
    )

    data: Data = Data()
    database: Database = Database()
    kafka: Kafka = Kafka()
    read_log: ReadLog = ReadLog()
    http: Http = Http()
    match: Match = Match()
    watchlist: Watchlist = Watchlist()
    feed: Feed = Feed()
    sightings: Sightings = Sightings()
    routing: Routing = Routing()
    retention: Retention = Retention()
    export: Export = Export()
    webhook: Webhook = Webhook()
    webhooks: dict[WebhookName, Webhook] = Field(default={}, max_length=WEBHOOKS_MAX)
    log: Log = Log()
    watch: Watch = Watch()
    faults: Faults = Faults()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, file_secret_settings, dotenv_settings, toml

    @property
    def database_url(self) -> str:
        """The URL in force: the one set, else SQLite in the data folder."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data.dir / 'anpr-match.db'}"
