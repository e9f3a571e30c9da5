"""Telling a program outside what the feed tells: a follower of the same log, with a durable place in it.

Nothing is lost and nothing is out of order; what was sent when the process ended may be sent again. Any
number of processes may run it: one leads at a time, and another takes over when its time runs out.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from anpr_match.domain.errors import Fenced, Unavailable
from anpr_match.domain.event import Event, Position
from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.followers import Followers
from anpr_match.ports.hit_store import HitStore
from anpr_match.ports.sink import NotTaken, Sink
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.telemetry.health import Finding
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """`lease_s`: after how long another process takes over from one that is silent. `refusals_max`: an
    event that the receiver refuses so often is given up, and counted. A pause lasts `pause_first_s` at
    first, then twice as long each time, up to `pause_max_s`, of which chance takes up to half."""

    lease_s: float = 30.0
    poll_s: float = 1.0
    page_events: int = 100
    refusals_max: int = 12
    pause_first_s: float = 0.5
    pause_max_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What an export needs of the service."""

    hits: HitStore
    followers: Followers
    wake_up: WakeUp
    clock: Clock
    metrics: Metrics


class Export:
    """One follower. `force`: it is told what this force may see; None tells it everything."""

    def __init__(self, name: str, sink: Sink, parts: Parts, limits: Limits, force: str | None = None) -> None:
        self.name = name
        self._sink = sink
        self._parts = parts
        self._limits = limits
        self._force = force
        self._owner = secrets.token_hex(8)
        self._leads_until_s = float("-inf")
        self._failures = 0
        self._detail = "waits for its turn: another process leads"

    async def run(self, stop: asyncio.Event) -> None:
        heard = self._parts.wake_up.listen(Bell.EVENTS)
        try:
            while not stop.is_set():
                if not await self._lead():
                    await pause(stop, self._limits.lease_s / 3)
                elif not await self._step(stop):
                    await heard.wait(min(self._limits.poll_s, self._limits.lease_s / 3))
        finally:
            # The supervisor runs it again after a part outside was away: the sink is to be there then.
            if stop.is_set():
                await self._hand_over()
                await self._sink.close()

    async def ready(self) -> Finding:
        """An alarm that leaves the process ready: a receiver that is away is no reason to end it."""
        return Finding(ok=self._failures == 0, detail=self._detail, hinders=False)

    async def _lead(self) -> bool:
        """Whether this process leads. It is asked anew when a third of the lease has passed."""
        clock = self._parts.clock
        if clock.monotonic_s() < self._leads_until_s:
            return True
        asked_at_s, now = clock.monotonic_s(), clock.now()
        until = now + timedelta(seconds=self._limits.lease_s)
        leads = await self._parts.followers.lead(self.name, self._owner, until, now)
        self._leads_until_s = asked_at_s + self._limits.lease_s / 3 if leads else float("-inf")
        return leads

    async def _hand_over(self) -> None:
        """Let another lead from now on, rather than when this one's time has run out: after a restart the
        receiver is told at once."""
        if self._leads_until_s > float("-inf"):
            self._leads_until_s = float("-inf")
            now = self._parts.clock.now()
            with contextlib.suppress(Unavailable):
                await self._parts.followers.lead(self.name, self._owner, now, now)

    async def _step(self, stop: asyncio.Event) -> bool:
        """Send what comes next; whether there may be more."""
        position = await self._place()
        events = await self._parts.hits.events(position.seq, self._limits.page_events)
        if not events:
            self._went_well(f"at event {position.seq}")
            return False
        wanted = [event for event in events if self._force is None or event.visible_to(self._force)]
        try:
            await self._sink.send(position.epoch, wanted)
        except Unavailable as error:
            await self._went_wrong(stop, error.detail)
            return True
        except NotTaken as refusal:
            await self._refused(stop, position.epoch, wanted, refusal)
            return True
        await self._advance(Position(position.epoch, events[-1].seq), len(wanted))
        self._went_well(f"at event {events[-1].seq}")
        return True

    async def _place(self) -> Position:
        """Where to go on. A new follower begins with what comes from now on. A log that was named anew,
        since it was restored, is gone on with at the same number, or at its end if it is shorter now."""
        bounds = await self._parts.hits.bounds()
        known = await self._parts.followers.place(self.name)
        if known is not None and known.epoch == bounds.epoch:
            self._parts.metrics.export_behind.labels(follower=self.name).set(bounds.head_seq - known.seq)
            return known
        seq = bounds.head_seq if known is None else min(known.seq, bounds.head_seq)
        log.info("export_begins", follower=self.name, seq=seq, epoch_changed=known is not None)
        position = Position(bounds.epoch, seq)
        await self._advance(position, 0)
        return position

    async def _advance(self, position: Position, sent: int) -> None:
        try:
            await self._parts.followers.advance(self.name, self._owner, position)
        except Fenced:
            self._leads_until_s = float("-inf")
            log.warning("export_taken_over", follower=self.name)
        if sent:
            self._parts.metrics.export_events.labels(follower=self.name, outcome="sent").inc(sent)

    async def _refused(
        self, stop: asyncio.Event, epoch: str, events: Sequence[Event], refusal: NotTaken
    ) -> None:
        """Try the event that is not wanted again, up to a bound; then leave it out, and say so."""
        if refusal.taken:
            await self._advance(Position(epoch, events[refusal.taken - 1].seq), refusal.taken)
            self._failures = 0
        if self._failures + 1 < self._limits.refusals_max:
            await self._went_wrong(stop, refusal.detail)
            return
        given_up = events[refusal.taken]
        log.error("export_gave_up", follower=self.name, hit_id=given_up.hit_id, seq=given_up.seq)
        self._parts.metrics.export_events.labels(follower=self.name, outcome="given_up").inc()
        await self._advance(Position(epoch, given_up.seq), 0)
        self._failures = 0

    def _went_well(self, detail: str) -> None:
        self._failures = 0
        self._detail = detail
        self._parts.metrics.export_failing.labels(follower=self.name).set(0)

    async def _went_wrong(self, stop: asyncio.Event, detail: str) -> None:
        """Pause; meanwhile go on leading, and telling how far behind the follower is."""
        self._failures += 1
        self._detail = detail
        self._parts.metrics.export_failing.labels(follower=self.name).set(1)
        pause_s = min(self._limits.pause_max_s, self._limits.pause_first_s * 2 ** min(self._failures - 1, 30))
        pause_s *= random.uniform(0.5, 1.0)
        log.warning("export_fails", follower=self.name, detail=detail, pause_s=round(pause_s, 1))
        while pause_s > 0 and not stop.is_set():
            await pause(stop, min(pause_s, self._limits.lease_s / 3))
            pause_s -= self._limits.lease_s / 3
            if await self._lead():
                await self._place()
