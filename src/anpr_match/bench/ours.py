"""The matcher of the service, part for part, on a list that does not change, its ports with a stopwatch."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.read_log import KafkaReadLog
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.dead_letters import MemoryDeadLetters
from anpr_match.backends.sql.hit_store import SqlHitStore
from anpr_match.bench import passing, reads
from anpr_match.bench.stopwatch import TimedHits, TimedLog, Times
from anpr_match.bootstrap.stores import Stores
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher, Memory
from anpr_match.pipeline import collector, follow, match
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.follow import Follow
from anpr_match.ports.read_log import ReadLog
from anpr_match.telemetry.metrics import Metrics

Open = Callable[[], AbstractAsyncContextManager[Stores]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where reads come from: the brokers, a topic, and the group of those who share it."""

    client: Client
    topic: str
    group: str

    def log(self, metrics: Metrics) -> KafkaReadLog:
        return KafkaReadLog(replace(self.client, group=self.group), self.topic, metrics)


class _Fixed(Follow):
    """A list that does not change while it is measured."""

    fixed: WatchlistIndex

    @property
    def index(self) -> WatchlistIndex:
        return self.fixed


@dataclass(frozen=True, slots=True)
class Known:
    """What a matcher knows: the list, and the plates it has met."""

    index: WatchlistIndex
    memory: Memory


def known(listed: Sequence[str], met: Sequence[str]) -> Known:
    """Of these listed plates, and of vehicles that pass; kept from the collector, as the service does, which
    from now on looks as seldom as there."""
    made = Known(WatchlistIndex.build(reads.entries(listed), 1), passing.met(met, datetime.now(UTC)))
    collector.settle()
    return made


def matching(
    source: Source,
    stores: Stores,
    known: Known,
    times: Times,
    metrics: Metrics,
    timed: Callable[[ReadLog, Times], ReadLog] = TimedLog,
) -> match.Matching:
    """A member of the group. Hits are recorded anew for each group, and so are offsets."""
    clock = SystemClock()
    # Of a group of its own here too: offsets that an earlier run has done would leave nothing to do.
    hits = SqlHitStore(stores.database, clock, source.group)
    parts = match.Parts(
        open_log=lambda: timed(source.log(metrics), times),
        hits=TimedHits(hits, times, source.group),
        dead_letters=MemoryDeadLetters(clock),
        wake_up=stores.wake_up,
        clock=clock,
        metrics=metrics,
    )
    following = _Fixed(stores.watchlist, stores.wake_up, clock, metrics, follow.Limits())
    following.fixed = known.index
    cameras = CameraBook(stores.registers, stores.wake_up, 3600.0)
    matcher = Matcher(models.default(), memory=known.memory)
    return match.Matching(parts, following, cameras, matcher, match.Limits())
