"""The service: every part of one process, put together and run."""

import asyncio
import contextlib
import functools
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI

import anpr_match
from anpr_match.backends.local import heap
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.seen_store import LocalSeenStore
from anpr_match.backends.sql import revision
from anpr_match.backends.sql.retention import SqlRetention
from anpr_match.bootstrap import exports
from anpr_match.bootstrap.logs import Logs, open_logs
from anpr_match.bootstrap.stores import Stores, open_stores, rules
from anpr_match.domain.errors import AnprMatchError, SetUp
from anpr_match.matching import model as models
from anpr_match.matching.matcher import Borders, Matcher
from anpr_match.matching.model import Model
from anpr_match.pipeline import (
    breaker,
    deliver,
    export,
    failpoints,
    follow,
    loop_watch,
    match,
    put_off,
    remember,
    sessions,
)
from anpr_match.pipeline.acts import Acts
from anpr_match.pipeline.answers import Answers
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.deliver import Hub
from anpr_match.pipeline.ends import Ends
from anpr_match.pipeline.escalate import Escalation
from anpr_match.pipeline.follow import Follow
from anpr_match.pipeline.forget import Forget
from anpr_match.pipeline.forget import Limits as ForgetLimits
from anpr_match.pipeline.give_back import give_back
from anpr_match.pipeline.ingest import Ingest
from anpr_match.pipeline.loop_watch import LoopWatch
from anpr_match.pipeline.match import Matching
from anpr_match.pipeline.sessions import Sessions
from anpr_match.pipeline.supervisor import Supervisor
from anpr_match.pipeline.together import Together
from anpr_match.pipeline.unanswered import Reports
from anpr_match.pipeline.vitals import Vitals
from anpr_match.pipeline.watchlist import Watchlist
from anpr_match.settings import Settings
from anpr_match.telemetry.health import Finding, Health
from anpr_match.telemetry.metrics import Metrics
from anpr_match.web import limits as web_limits
from anpr_match.web import server
from anpr_match.web.app import create_app
from anpr_match.web.callers import Callers
from anpr_match.web.services import ROLES, Services

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is built and not yet running."""

    supervisor: Supervisor
    server: server.Server
    stores: Stores
    health: Health
    app: FastAPI


def run(settings: Settings, roles: frozenset[str] = ROLES) -> None:
    """Run the service until SIGTERM or SIGINT. Raises what made it fail."""
    heap.share()
    asyncio.run(_run(settings, roles))


async def _run(settings: Settings, roles: frozenset[str]) -> None:
    async with service(settings, roles) as built:
        with stopped_by_signals(built.supervisor):
            await built.supervisor.run()


@contextlib.contextmanager
def stopped_by_signals(supervisor: Supervisor) -> Iterator[None]:
    """SIGTERM and SIGINT stop the supervisor while this lasts."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def service(settings: Settings, roles: frozenset[str] = ROLES) -> AsyncIterator[Service]:
    """Build the service; run `supervisor.run()` inside. Parts may be added before that."""
    if unknown := roles - ROLES:
        raise SetUp(f"no such role: {', '.join(sorted(unknown))}; there are {', '.join(sorted(ROLES))}")
    with _threads_take_short_turns():
        async with open_logs(settings) as logs, open_stores(settings) as stores:
            yield _build(settings, roles, logs, stores)


TURN_S = 0.0005


@contextlib.contextmanager
def _threads_take_short_turns() -> Iterator[None]:
    """The threads of SQLite and of the local log wait for Python's lock many times in one transaction, each
    time until the event loop waits for something, or for a turn: Python's 5 ms are too long for that."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)


def _build(settings: Settings, roles: frozenset[str], logs: Logs, stores: Stores) -> Service:
    service = _Assembly(settings, roles, logs, stores)
    service.add_always()
    if "feed" in roles:
        service.add_feed()
    if "archive" in roles:
        service.add_archive()
    if "match" in roles:
        service.add_matcher()
    return service.built()


class _Assembly:
    """Puts the parts of one process together. The order of adding is the order of starting."""

    def __init__(self, settings: Settings, roles: frozenset[str], logs: Logs, stores: Stores) -> None:
        self.settings = settings
        self.roles = roles
        self.logs = logs
        self.stores = stores
        self.clock = SystemClock()
        self.metrics = Metrics(anpr_match.__version__)
        self.health = Health()
        self.supervisor = Supervisor(self.metrics)
        self.cameras = CameraBook(stores.registers, stores.wake_up, settings.watchlist.cameras_refresh_s)
        self.hub = Hub(stores.hits, stores.watchlist, stores.wake_up, self.clock, _hub_limits(settings))
        self.callers = _callers(stores, self.clock, settings)
        self.sessions = Sessions(
            sessions.Stores(stores.registers, stores.deliveries, stores.patrols),
            stores.wake_up,
            self.clock,
            _session_limits(settings),
            self.callers.forget,
        )
        self.app = create_app(self.services())
        self.door = server.Server(self.app, settings.http.host, settings.http.port, _server_limits(settings))

    def services(self) -> Services:
        stores, settings = self.stores, self.settings
        return Services(
            clock=self.clock,
            ingest=Ingest(self.logs.writer, self.cameras, self.clock, self.metrics),
            watchlist=Watchlist(stores.watchlist, stores.registers, stores.audit, stores.wake_up, self.clock),
            registers=stores.registers,
            callers=self.callers,
            hits=stores.hits,
            patrols=stores.patrols,
            acts=Acts(stores.acts, stores.wake_up),
            answers=Answers(stores.acts, stores.audit, self.clock),
            reports=Reports(stores.acts, self.clock),
            audit=stores.audit,
            tickets=stores.tickets,
            deliveries=stores.deliveries,
            sessions=self.sessions,
            disclosures=Together(stores.audit.note_all),
            wake_up=stores.wake_up,
            metrics=self.metrics,
            health=self.health,
            hub=self.hub,
            limits=_web_limits(settings),
            feed=_feed_limits(settings),
            roles=self.roles,
        )

    def add_always(self) -> None:
        if self.stores.listening:
            self.supervisor.add("wake_up", self.stores.listening)
        self.supervisor.add("loop_watch", LoopWatch(self.metrics, _watch_limits(self.settings)).run)
        self.health.add("database", self.database_ready)
        self.supervisor.add("cameras", self.cameras.run)
        self.health.add("cameras", self.cameras.ready)
        self.supervisor.add("http", self.door.run)
        vitals = Vitals(self.health, self.free_bytes, self.metrics, self.settings.data.free_bytes_min)
        self.supervisor.add("vitals", vitals.run)
        self.supervisor.add("give_back", functools.partial(give_back, heap.trim))
        if self.settings.kafka.bootstrap is None or self.stores.database.is_sqlite:
            self.health.add("disk", vitals.room)

    def free_bytes(self) -> int:
        """Room left where the data folder lies. A process of the scale-out set may never have made one."""
        folder = self.settings.data.dir.absolute()
        return shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free

    async def database_ready(self) -> Finding:
        try:
            at_head = await revision.is_at_head(self.stores.database)
        except AnprMatchError as error:
            return Finding(ok=False, detail=error.detail)
        return Finding(ok=at_head, detail="at this version" if at_head else "not at this version")

    def add_feed(self) -> None:
        self.supervisor.add("deliver", self.hub.run)
        self.supervisor.add("sessions", self.sessions.run)
        self.health.add("events", self.hub.ready)

    def add_archive(self) -> None:
        stores, every_s = self.stores, self.settings.watchlist.ends_every_s
        self.supervisor.add("ends", Ends(stores.watchlist, stores.wake_up, self.clock, every_s).run)
        retention = SqlRetention(stores.database, self.clock)
        limits = _forget_limits(self.settings)
        forget = Forget(retention, self.logs.dead_letters, self.clock, self.metrics, limits)
        self.supervisor.add("forget", forget.run)
        every_s = self.settings.routing.every_s
        escalation = Escalation(stores.acts, stores.wake_up, self.clock, self.metrics, every_s)
        self.supervisor.add("escalate", escalation.run)
        parts = export.Parts(stores.hits, stores.followers, stores.wake_up, self.clock, self.metrics)
        for leaving in exports.made(self.settings, parts):
            self.supervisor.add(f"export_{leaving.name}", leaving.run)
            self.health.add(f"export_{leaving.name}", leaving.ready)

    def add_matcher(self) -> None:
        stores, settings = self.stores, self.settings
        limits = _follow_limits(settings)
        following = Follow(stores.watchlist, stores.wake_up, self.clock, self.metrics, limits)
        parts = match.Parts(
            open_log=functools.partial(self.logs.open_log, self.metrics),
            hits=stores.hits,
            dead_letters=self.logs.dead_letters,
            wake_up=stores.wake_up,
            clock=self.clock,
            metrics=self.metrics,
            failpoint=_failpoint(settings),
        )
        matching = Matching(parts, following, self.cameras, self.matcher(), _match_limits(settings))
        self.supervisor.add("follow", following.run)
        self.health.add("watchlist", following.ready)
        self.supervisor.add("match", matching.run)
        self.health.add("reads", matching.ready)
        self.health.add("poison", matching.unpoisoned)

    def matcher(self) -> Matcher:
        """The matcher with its memory, which is saved after the matcher has stopped."""
        settings = self.settings.match
        borders = Borders(probable=settings.probable, possible=settings.possible)
        memory = None
        if settings.seen_plates_max:
            store = LocalSeenStore(self.settings.data.dir)
            key = settings.seen_key.get_secret_value().encode() if settings.seen_key else store.key()
            memory = remember.recalled(store, key, settings.seen_plates_max, settings.seen_kept_days)
            sighting_days = min(remember.SIGHTING_DAYS, self.settings.retention.hits_days)
            limits = remember.Limits(settings.seen_save_every_s, sighting_days)
            remembering = remember.Remember(memory, store, key, self.clock, limits)
            self.supervisor.add("remember", remembering.run)
        return Matcher(_model(settings.model), borders, memory, rules(self.settings))

    def built(self) -> Service:
        return Service(self.supervisor, self.door, self.stores, self.health, self.app)


def _failpoint(settings: Settings) -> failpoints.Pass:
    faults = settings.faults
    if not faults.failpoints:
        return failpoints.none
    if not faults.allowed:
        raise SetUp("ANPR_FAULTS__FAILPOINTS is for tests of faults, and needs ANPR_FAULTS__ALLOWED=true")
    log.warning("failpoints_set", failpoints=faults.failpoints)
    return failpoints.Failpoints(faults.failpoints)


def _callers(stores: Stores, clock: SystemClock, settings: Settings) -> Callers:
    return Callers(stores.registers, clock, settings.http.token_cache_s, settings.http.tokens_max)


def _model(path: Path | None) -> Model:
    if path is None:
        return models.default()
    try:
        return Model.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetUp(f"the model {path} cannot be used: {error}") from error


def _hub_limits(settings: Settings) -> deliver.Limits:
    feed = settings.feed
    return deliver.Limits(
        poll_s=feed.poll_s,
        ring_events=feed.ring_events,
        window_events=feed.window_events,
        window_s=feed.window_h * 3600,
    )


def _session_limits(settings: Settings) -> sessions.Limits:
    feed = settings.feed
    return sessions.Limits(
        feeds_max=feed.feeds_max,
        feeds_per_token_max=feed.feeds_per_token_max,
        waiting_max=feed.waiting_max,
        poll_s=feed.rights_poll_s,
        rights_s=feed.rights_s,
        save_s=feed.save_s,
        fix_keep_s=feed.position_keep_s,
    )


def _watch_limits(settings: Settings) -> loop_watch.Limits:
    watch = settings.watch
    return loop_watch.Limits(blocked_s=watch.loop_blocked_s, end_s=watch.loop_end_s)


def _follow_limits(settings: Settings) -> follow.Limits:
    watchlist = settings.watchlist
    return follow.Limits(
        poll_s=watchlist.poll_s,
        stale_s=watchlist.stale_s,
        pause_s=watchlist.pause_s,
        take_in_s=watchlist.take_in_s,
    )


def _forget_limits(settings: Settings) -> ForgetLimits:
    kept = settings.retention
    return ForgetLimits(
        kept.hits_days, kept.dead_letters_days, kept.devices_days, kept.every_s, kept.events_at_once_max
    )


def _match_limits(settings: Settings) -> match.Limits:
    limits = settings.match
    poison = breaker.Limits(
        in_row=limits.poison_in_row if limits.poison_stops else sys.maxsize,
        of_100=limits.poison_of_100 if limits.poison_stops else 100,
        letters=limits.poison_letters_max,
        hold_s=limits.poison_hold_s,
    )
    return match.Limits(
        batch_reads_min=limits.batch_reads_min,
        batch_reads_max=limits.batch_reads_max,
        wait_s=limits.wait_s,
        batch_late_s=settings.watch.batch_late_s,
        log_silent_s=settings.watch.log_silent_s,
        poison=poison,
        later=put_off.Limits(limits.put_off_reads_max, limits.put_off_s),
    )


def _server_limits(settings: Settings) -> server.Limits:
    return server.Limits(
        stop_s=settings.http.stop_s,
        frame_bytes_max=settings.feed.frame_bytes_max,
        ping_s=settings.http.ping_s,
        tcp_user_timeout_s=settings.http.tcp_user_timeout_s,
        unsent_bytes_max=settings.http.unsent_bytes_max,
    )


def _web_limits(settings: Settings) -> web_limits.Limits:
    http = settings.http
    return web_limits.Limits(
        body_bytes_max=http.body_bytes_max,
        body_s=http.body_s,
        discard_bytes_max=http.discard_bytes_max,
        reads_per_post_max=http.reads_per_post_max,
        page_max=http.page_max,
        scan_events_max=http.scan_events_max,
    )


def _feed_limits(settings: Settings) -> web_limits.FeedLimits:
    feed = settings.feed
    return web_limits.FeedLimits(
        hello_s=feed.hello_s,
        heartbeat_s=feed.heartbeat_s,
        send_s=feed.send_s,
        ticket_s=feed.ticket_s,
        position_keep_s=feed.position_keep_s,
        origins=feed.origins,
    )
