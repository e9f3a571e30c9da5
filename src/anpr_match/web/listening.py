"""A feed, whatever carries it: who listens, from where, to what, and until when.

The websocket and the event stream differ in how frames travel; all that stands here is the same.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC
from typing import Any

from anpr_match.domain import unit
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.delivery import Device
from anpr_match.domain.errors import Full
from anpr_match.domain.event import Event, Kind, Position
from anpr_match.domain.routing import Addressee
from anpr_match.pipeline.deliver import Subscription
from anpr_match.pipeline.sessions import Session, Why
from anpr_match.ports.audit import Act
from anpr_match.ports.audit import Kind as ActKind
from anpr_match.web.services import Services
from anpr_match.wire import feed
from anpr_match.wire.filters import Filters, Where

MAY_LISTEN = frozenset({Role.PATROL, Role.ANALYST})

CLOSE_S = 1.0
"""How long the last words to a client may take."""
COME_BACK = "come back after a pause between 0 and 15 s, taken at random, and resume"
ENDINGS = {
    Why.NOT_ALLOWED: (feed.Close.NOT_ALLOWED, "the token is no longer good"),
    Why.OFF_SHIFT: (feed.Close.NOT_ALLOWED, "the unit's shift has ended"),
    Why.REPLACED: (feed.Close.REPLACED, "a newer connection of this device has taken over"),
    Why.RESTARTING: (feed.Close.RESTARTING, f"restarting: {COME_BACK}"),
}


class Ended(Exception):
    """The feed is over, with the code and the reason to close it by."""

    def __init__(self, code: feed.Close, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{int(code)} {reason}")


class Listening:
    """One who listens: made by `begin`, listens within `open`."""

    def __init__(self, services: Services, caller: Caller, filters: Filters | None) -> None:
        self._services = services
        self._filters = filters or Filters()
        self._where = Where(self._filters) if self._filters.by_place else None
        self._caller = caller
        self._session = Session(secrets.token_hex(8), caller, None, self._end)
        self._subscription: Subscription | None = None
        self._deadline: asyncio.Timeout | None = None
        self._ended: Ended | None = None
        self.epoch = ""

    async def begin(self, resume: feed.Resume | None, device: str | None) -> list[str]:
        """Find the place in the log; returns the frames to begin with. Raises `Full`, `Unavailable`."""
        # Before anything is written: who is refused must not have taken the device from its open feed.
        self._services.sessions.check_room(self._caller.token_id)
        hub = self._services.hub
        await hub.opened()
        refusal = await hub.refusal(Position(resume.epoch, resume.seq)) if resume is not None else None
        acked = None
        if device is not None:
            self._session.device = device
            known = Device(self._caller.token_id, device)
            acked = await self._services.sessions.connect(self._session.session_id, known)
        await self._note_disclosure()
        bounds = hub.bounds
        recovered = resume is not None and refusal is None
        after_seq = resume.seq if resume is not None and recovered else bounds.head_seq
        self._subscription = hub.subscribe(after_seq, self._sees)
        self.epoch = bounds.epoch
        facts = {"recovered": recovered, "after_seq": after_seq, **self._facts(acked)}
        frames = [feed.welcome(self._session.session_id, bounds, facts)]
        return [*frames, feed.reset(refusal, bounds)] if refusal is not None else frames

    def _facts(self, acked: Position | None) -> dict[str, Any]:
        caller = self._caller
        facts: dict[str, Any] = {
            "heartbeat_s": self._services.feed.heartbeat_s,
            "watchlist_revision": self._services.hub.watchlist_revision,
        }
        if acked is not None and acked.epoch == self._services.hub.bounds.epoch:
            facts["acked_seq"] = acked.seq
        if caller.unit_id is not None:
            shift = self._services.sessions.shift_of(caller.unit_id)
            facts["unit"] = {
                "unit_id": caller.unit_id,
                "callsign": caller.name,
                "force": caller.force,
                "on_shift": shift is not None,
            }
        return facts

    async def _note_disclosure(self) -> None:
        caller = self._caller
        subject = caller.unit_id or caller.token_id
        now = self._services.clock.now()
        await self._services.disclosures.put(
            Act(now, ActKind.DISCLOSURE, caller.token_id, caller.force, "feed.subscribed", subject, None)
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """The feed is open while this lasts. Raises `Ended` when it has to end, out of whatever the body
        waits for."""
        sessions = self._services.sessions
        try:
            sessions.open(self._session)
        except Full as full:
            raise Ended(feed.Close.TRY_LATER, full.detail) from None
        try:
            with self._services.metrics.feed_connections.track_inprogress():
                async with asyncio.timeout(None) as self._deadline:
                    if self._ended is not None:
                        raise self._ended
                    yield
        except TimeoutError:
            if self._ended is not None:
                raise self._ended from None
            raise
        finally:
            # A time limit that is over cannot be set again, and whoever asks an ended feed to end may do so.
            self._deadline = None
            sessions.close(self._session)

    def _end(self, why: Why) -> None:
        if self._ended is None:
            self._ended = Ended(*ENDINGS[why])
            if self._deadline is not None:
                self._deadline.reschedule(0)

    async def frames(self) -> Iterator[tuple[int, str]]:
        """The next frames, each with the place that it brings the client to; a heartbeat when nothing came
        for a while. To be taken one by one: the next one says that this one was sent."""
        subscription = self.subscription
        events = await subscription.next(self._services.feed.heartbeat_s)
        if not events:
            return iter([(subscription.through_seq, self.heartbeat())])
        return self._rendered(subscription, events)

    def _rendered(self, subscription: Subscription, events: list[Event]) -> Iterator[tuple[int, str]]:
        for event in events:
            unknown = self._where is not None and self._in_area(event) is None
            text = feed.frame(event, subscription.sent_seq, place_unknown=unknown)
            yield event.seq, text
            subscription.sent_seq = event.seq
            self._note_delivery(event)

    def push_by(self, tell: Callable[[bytes], bool]) -> None:
        """Send events by `tell` (see `sockets.TELL`) as long as it can."""

        def push(event: Event, prev: int) -> bool:
            unknown = self._where is not None and self._in_area(event) is None
            frame, is_first = self._services.frames.packed(event, prev, place_unknown=unknown)
            if not tell(frame):
                return False
            if is_first:
                # It stands for all who are told in the same go: noting each would cost more than telling it.
                self._note_delivery(event)
            return True

        self.subscription.push = push

    def place(self, seq: int) -> str:
        """A place in the log as one text."""
        return f"{self.epoch}:{seq}"

    def heartbeat(self) -> str:
        hub = self._services.hub
        return feed.heartbeat(hub.bounds.head_seq, self.subscription.through_seq, hub.watchlist_revision)

    @property
    def subscription(self) -> Subscription:
        if self._subscription is None:
            raise RuntimeError("begin was not called")
        return self._subscription

    def acked(self, seq: int) -> None:
        """The client says that everything up to `seq` has reached it; more than was sent cannot have."""
        seq = min(seq, self.subscription.sent_seq)
        self._services.sessions.note_ack(self._session, Position(self.epoch, seq))

    def moved(self, fix: feed.Fix) -> bool:
        """The client says where its unit is; False if it has no unit."""
        if self._caller.unit_id is None:
            return False
        self._services.sessions.note_fix(
            self._caller.unit_id, unit.Fix(fix.lat, fix.lon, fix.at.astimezone(UTC), fix.accuracy_m)
        )
        return True

    def _sees(self, event: Event) -> bool:
        if not event.visible_to(self._caller.force) or not self._filters.wants(event):
            return False
        if self._where is not None and self._in_area(event) is False:
            return False
        return not self._filters.addressed or self._is_addressed(event)

    def _in_area(self, event: Event) -> bool | None:
        where = self._where
        place = self._services.sessions.place_of(self._caller.unit_id)
        return where.holds(event, place) if where is not None else True

    def _is_addressed(self, event: Event) -> bool:
        """Whether the event is addressed to this listener, in any of the operations of its shift."""
        caller, sessions = self._caller, self._services.sessions
        shift = sessions.shift_of(caller.unit_id)
        operations = shift.operations if shift is not None and shift.operations else (None,)
        place = sessions.place_of(caller.unit_id)
        desk = caller.role is Role.ANALYST
        return any(
            event.addressed_to(Addressee(caller.force, desk, operation, place)) for operation in operations
        )

    def _note_delivery(self, event: Event) -> None:
        if event.kind is Kind.HIT:
            age_s = (self._services.clock.now() - event.captured_at).total_seconds()
            self._services.metrics.hit_delivery.observe(max(0.0, age_s))


def first_ended(group: BaseExceptionGroup[Ended]) -> Ended:
    """Why a feed ended of which several parts may have ended at once."""
    first = group.exceptions[0]
    return first if isinstance(first, Ended) else first_ended(first)


def check(caller: Caller | None) -> Caller:
    """The caller, if there is one who may listen now. Raises `Ended`."""
    if caller is None:
        raise Ended(feed.Close.NOT_ALLOWED, "no good token came")
    if caller.role not in MAY_LISTEN:
        raise Ended(feed.Close.FORBIDDEN, "this role may not have the feed")
    if caller.off_shift:
        raise Ended(feed.Close.NOT_ALLOWED, "the unit is not on shift")
    return caller
