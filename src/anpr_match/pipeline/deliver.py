"""Delivering the event log: one follower per process, and for each subscriber a place in the log.

A subscriber owns no queue. It holds the seq it has come to, and asks for what comes after: from the
newest events, which are kept in memory and shared, or from the store when it is further behind. So
a thousand slow units cost no more memory than a thousand numbers, and nothing is ever dropped.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from anpr_match.domain.event import Bounds, Event, Position
from anpr_match.ports.clock import Clock
from anpr_match.ports.hit_store import HitStore
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.ports.watchlist_store import WatchlistStore
from anpr_match.telemetry.health import Finding

log = structlog.get_logger(__name__)

FLOOR_EVERY_POLLS = 20
EVENTS_IN_ONE_GO = 250

Push = Callable[[Event, int], bool]
"""Sends an event, given its `prev`, without waiting; False when that is not possible now."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`window_events`, `window_s`: how far behind the head, and how long ago, a position may be to be
    resumed from."""

    poll_s: float = 0.5
    page_events: int = 500
    ring_events: int = 1_000
    window_events: int = 5_000
    window_s: float = 86_400.0


class Hub:
    """The event log as this process has it: the newest events in memory, the rest in the store."""

    def __init__(
        self, store: HitStore, watchlist: WatchlistStore, wake_up: WakeUp, clock: Clock, limits: Limits
    ) -> None:
        self._store = store
        self._watchlist = watchlist
        self.watchlist_revision = 0
        self._wake_up = wake_up
        self._clock = clock
        self._limits = limits
        # At least the newest `ring_events`, at most twice as many.
        self._ring: list[Event] = []
        self._bounds: Bounds | None = None
        self._is_open = False
        self._catching_up = asyncio.Lock()
        self._floor_seen_ago = 0
        self._waiting: set[Subscription] = set()

    async def run(self, stop: asyncio.Event) -> None:
        heard = self._wake_up.listen(Bell.EVENTS)
        loop = asyncio.get_running_loop()
        looked_at_s = -math.inf
        try:
            while not stop.is_set():
                await self.catch_up()
                # Not at each ring: where many hits are rung for, that would be most of the work.
                if loop.time() - looked_at_s >= self._limits.poll_s:
                    looked_at_s = loop.time()
                    await self._look_at_floor_in_turn()
                    self.watchlist_revision = await self._watchlist.revision()
                await heard.wait(self._limits.poll_s)
        finally:
            self._wake_all()

    async def catch_up(self) -> None:
        """Bring the head to the newest event. Raises `Unavailable`."""
        async with self._catching_up:
            await self._catch_up()
            self._is_open = True

    async def opened(self) -> None:
        """Return when the log is known here, which it is soon after the start. Raises `Unavailable`."""
        if not self._is_open:
            await self.catch_up()

    async def _catch_up(self) -> None:
        if self._bounds is None:
            self._bounds = await self._begun()
        while page := await self._store.events(self._bounds.head_seq, self._limits.page_events):
            self._ring += page
            if len(self._ring) >= 2 * self._limits.ring_events:
                del self._ring[: -self._limits.ring_events]
            self._bounds = Bounds(self._bounds.epoch, self._bounds.floor_seq, page[-1].seq)
            await self._announce(page)
            if len(page) < self._limits.page_events:
                # What was written since then rings.
                return

    async def _begun(self) -> Bounds:
        """The log from where the newest events begin, so that these come into memory first: after a restart
        all cars come back at once, and none of them needs the store."""
        bounds = await self._store.bounds()
        start_seq = max(bounds.floor_seq, bounds.head_seq - self._limits.ring_events)
        return Bounds(bounds.epoch, bounds.floor_seq, start_seq)

    async def _look_at_floor_in_turn(self) -> None:
        """Not at each poll: the beginning of the log moves once in a while, and far behind the window."""
        self._floor_seen_ago = (self._floor_seen_ago + 1) % FLOOR_EVERY_POLLS
        if self._floor_seen_ago == 0:
            await self.look_at_floor()

    async def look_at_floor(self) -> None:
        """See where the log begins by now: what is older than it is kept may have been erased."""
        begun = await self._store.bounds()
        if self._bounds is not None:
            self._bounds = Bounds(self._bounds.epoch, begun.floor_seq, self._bounds.head_seq)

    async def _announce(self, page: list[Event]) -> None:
        """Hand the events to all who wait for them. Others get their turn in between."""
        offered = 0
        for subscription in list(self._waiting):
            subscription.offer(page)
            offered += len(page)
            if offered >= EVENTS_IN_ONE_GO:
                offered = 0
                await asyncio.sleep(0)

    def _wake_all(self) -> None:
        for subscription in self._waiting:
            subscription.wake()

    @property
    def bounds(self) -> Bounds:
        """Where resuming is possible now: the store's bounds, and no further back than the window."""
        if self._bounds is None:
            return Bounds("", 0, 0)
        floor_seq = max(self._bounds.floor_seq, self._bounds.head_seq - self._limits.window_events)
        return Bounds(self._bounds.epoch, floor_seq, self._bounds.head_seq)

    async def refusal(self, position: Position) -> str | None:
        """Why this position cannot be resumed from; None when it can."""
        if self._bounds is None or position.seq > self._bounds.head_seq:
            await self.catch_up()
        bounds = self.bounds
        if position.epoch != bounds.epoch:
            return "other_epoch"
        if position.seq > bounds.head_seq:
            return "ahead_of_log"
        if position.seq < bounds.floor_seq or await self._is_long_ago(position.seq):
            return "too_old"
        return None

    async def _is_long_ago(self, seq: int) -> bool:
        """Whether what follows on `seq` was announced before the window."""
        following = (await self.after(seq, 1))[:1]
        oldest = self._clock.now() - timedelta(seconds=self._limits.window_s)
        return bool(following) and following[0].recorded_at < oldest

    async def after(self, seq: int, most: int | None = None) -> list[Event]:
        """The events after `seq`, in order, without a gap, at most `most` or as many as a page holds."""
        most = most or self._limits.page_events
        if self._ring and self._ring[0].seq <= seq + 1:
            start = seq + 1 - self._ring[0].seq
            return self._ring[start : start + most]
        if seq >= self.bounds.head_seq:
            return []
        return await self._store.events(seq, most)

    async def ready(self) -> Finding:
        if self._bounds is None:
            return Finding(ok=False, detail="the event log is not open yet")
        return Finding(ok=True, detail=f"at event {self._bounds.head_seq}")

    def subscribe(self, after: int, sees: Callable[[Event], bool]) -> "Subscription":
        return Subscription(self, after, sees, self._waiting)


class Subscription:
    """One subscriber's place in the log, and what of the log it may and wants to see."""

    def __init__(
        self, hub: Hub, after: int, sees: Callable[[Event], bool], waiting: "set[Subscription]"
    ) -> None:
        self._hub = hub
        self._looked_to = self._last_seq = after
        self._sees = sees
        self._waiting = waiting
        self._news = asyncio.Event()
        self.sent_seq = after
        self.push: Push | None = None

    async def next(self, wait_s: float) -> list[Event]:
        """The next events that it sees, in order; [] when `wait_s` passed without one.

        Set `sent_seq` to each event's seq as it is sent: it is the `prev` of the following one. Events
        that could be pushed while this waited are sent already.
        """
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    self._news.clear()
                    while page := await self._hub.after(self._looked_to):
                        self._looked_to = page[-1].seq
                        if seen := [event for event in page if self._sees(event)]:
                            self._last_seq = seen[-1].seq
                            return seen
                    await self._wait()
        except TimeoutError:
            return []

    async def _wait(self) -> None:
        self._waiting.add(self)
        try:
            await self._news.wait()
        finally:
            self._waiting.discard(self)

    def wake(self) -> None:
        self._news.set()

    def offer(self, page: list[Event]) -> None:
        """Push the page, if all before it was sent and the line is free; else wake up, to take it in turn.
        Only for one that waits: it has nothing else to send."""
        if self.push is None or self not in self._waiting or self._looked_to + 1 != page[0].seq:
            self.wake()
            return
        for event in page:
            if self._sees(event):
                if not self.push(event, self.sent_seq):
                    self.wake()
                    return
                self._last_seq = self.sent_seq = event.seq
            self._looked_to = event.seq

    @property
    def through_seq(self) -> int:
        """Of what lies up to here, all that it sees was sent."""
        return self._looked_to if self.sent_seq >= self._last_seq else self.sent_seq
