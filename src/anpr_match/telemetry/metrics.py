"""The catalogue: every metric of the service, one comment each.

One `Metrics` is made at the composition root and handed on; nothing registers itself. No plate,
person or token is ever a label. Times are seconds.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

FAST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
AGE_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 600, 3600, 86400)


class Metrics:
    """All metrics, on a registry of their own."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self._build(version)
        self._reads()
        self._matching()
        self._feed()
        self._exports()
        self._acts()

    def _build(self, version: str) -> None:
        # Constant 1; the version is its label.
        self.build = Gauge("anpr_build_info", "The version that runs.", ["version"], registry=self.registry)
        self.build.labels(version=version).set(1)
        # Tasks that died and were started again, by name.
        self.task_restarts = Counter(
            "anpr_task_restarts_total", "Tasks started again.", ["task"], registry=self.registry
        )
        # Times that the event loop did not come round for seconds; the log says where it hung.
        self.loop_blocked = Counter(
            "anpr_loop_blocked_total", "Times that the event loop hung.", registry=self.registry
        )
        # The checks of /readyz, each 1 while it holds.
        self.check_ok = Gauge(
            "anpr_check_ok", "1 while a check of /readyz holds.", ["check"], registry=self.registry
        )
        # Room left on the disk that the data folder lies on.
        self.data_free = Gauge(
            "anpr_data_free_bytes", "Bytes free where the data folder lies.", registry=self.registry
        )
        # What was erased because it was kept long enough: events, dead_letters.
        self.erased = Counter(
            "anpr_erased_total", "Records erased at the end of their time.", ["what"], registry=self.registry
        )

    def _reads(self) -> None:
        # Reads at the door (accepted, refused) and in the matcher (matched, no_plate, not_comparable).
        self.reads = Counter(
            "anpr_reads_total", "Reads, by what became of them.", ["outcome"], registry=self.registry
        )
        # From capture to the matcher taking the read.
        self.read_age = Histogram(
            "anpr_read_age_seconds",
            "Age of a read when it is matched.",
            buckets=AGE_S,
            registry=self.registry,
        )
        # Records that no read could be made of, by reason.
        self.dead_letters = Counter(
            "anpr_dead_letters_total", "Records kept as dead letters.", ["reason"], registry=self.registry
        )
        # When each registered camera's newest read was captured.
        self.camera_last_read = Gauge(
            "anpr_camera_last_read_timestamp_seconds",
            "Capture time of the newest read of a registered camera.",
            ["camera_id"],
            registry=self.registry,
        )
        # Consumers that took nothing though records waited, and were made anew.
        self.consumer_rebuilds = Counter(
            "anpr_consumer_rebuilds_total", "Consumers given up as stuck.", registry=self.registry
        )
        # Records waiting in the log, per partition owned here.
        self.consumer_lag = Gauge(
            "anpr_consumer_lag", "Records not yet taken.", ["partition"], registry=self.registry
        )

        # 1 while a partition is left out because it holds a batch that cannot be unpacked.
        self.partition_paused = Gauge(
            "anpr_partition_paused",
            "1 while a partition cannot be read and is left out.",
            ["partition"],
            registry=self.registry,
        )

    def _matching(self) -> None:
        # One batch from taking to committed.
        self.batch_duration = Histogram(
            "anpr_batch_duration_seconds",
            "Time of one batch, from taken to committed.",
            buckets=FAST_S,
            registry=self.registry,
        )
        # The matching of one batch alone.
        self.match_duration = Histogram(
            "anpr_match_duration_seconds", "Time to match one batch.", buckets=FAST_S, registry=self.registry
        )
        # Hits recorded, by tier.
        self.hits = Counter("anpr_hits_total", "Hits recorded.", ["tier"], registry=self.registry)
        # Batches given up because another process owns the partition.
        self.fenced = Counter("anpr_fenced_total", "Batches fenced off.", registry=self.registry)
        # The revision that the matcher matches with.
        self.watchlist_revision = Gauge(
            "anpr_watchlist_revision", "Revision of the watchlist in use.", registry=self.registry
        )
        # Time since the matcher last knew that it had the newest list.
        self.watchlist_lag = Gauge(
            "anpr_watchlist_lag_seconds",
            "Time since the watchlist was known current.",
            registry=self.registry,
        )
        # Entries that are matched against.
        self.watchlist_entries = Gauge(
            "anpr_watchlist_entries", "Entries in the index.", registry=self.registry
        )

    def _feed(self) -> None:
        # Patrol units connected to this process.
        self.feed_connections = Gauge(
            "anpr_feed_connections", "Websockets that have said hello.", registry=self.registry
        )
        # From capture of the read to the frame handed to a unit's socket.
        self.hit_delivery = Histogram(
            "anpr_hit_delivery_seconds", "From capture to sent.", buckets=AGE_S, registry=self.registry
        )
        # Connections that the server ended, by close code.
        self.feed_closes = Counter(
            "anpr_feed_closes_total", "Websockets closed by us.", ["code"], registry=self.registry
        )

    def _acts(self) -> None:
        # Hits that nobody has answered yet and that have not expired, by the entry's priority.
        self.hits_unanswered = Gauge(
            "anpr_hits_unanswered", "Hits waiting for an answer.", ["priority"], registry=self.registry
        )

    def _exports(self) -> None:
        # Events that programs outside were told (sent), or that they refused for good (given_up).
        self.export_events = Counter(
            "anpr_export_events_total", "Events exported.", ["follower", "outcome"], registry=self.registry
        )
        # How many events a follower does not have yet.
        self.export_behind = Gauge(
            "anpr_export_behind_events", "Events not yet exported.", ["follower"], registry=self.registry
        )
        # 1 while a follower cannot be told anything.
        self.export_failing = Gauge(
            "anpr_export_failing", "1 while an export fails.", ["follower"], registry=self.registry
        )

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
