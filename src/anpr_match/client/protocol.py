"""What a client does about each thing that happens, without input or output.

Tell it what happened (`connected`, `received`, `page`, `taken`, `disconnected`, `looked`), and do what it
returns, in order. It proves that nothing was missed: each event's `prev` must be the seq that it holds.
Times are seconds of a clock that never goes back.
"""

import random
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from anpr_match.domain.event import Position
from anpr_match.wire import feed, told

STALE_HEARTBEATS = 2.5
"""A link that was silent for so many heartbeats is dead, whatever the network says."""


class State(StrEnum):
    OFF = "off"
    GREETING = "greeting"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Limits:
    """`pause_*`: the longest pause before the first, and before any, try to connect again; each is drawn
    between nothing and twice the one before. `restart_pause_s`: the same after the server said that it
    restarts or is full, when others come too. `ack_events`: acknowledge at least this often while busy."""

    pause_first_s: float = 0.5
    pause_max_s: float = 30.0
    restart_pause_s: float = 5.0
    greeting_s: float = 15.0
    ack_events: int = 16
    hits_remembered: int = 10_000


@dataclass(frozen=True, slots=True)
class Send:
    text: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """An event for whoever uses the client. `caught_up`: it is older, and came by REST: show it, do not
    sound it."""

    event: told.Event
    epoch: str
    caught_up: bool = False

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.event.seq)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Fetch `GET /v1/hits?after=…` and hand the answer to `page`; take no frame before that."""

    after: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Events after `after` and up to `until` are no longer held by the server: nobody can have them."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the connection; then say `disconnected`."""

    why: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Connect again after a pause."""

    pause_s: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Do not connect again: the same would happen."""

    code: int
    why: str


Output = Send | Deliver | CatchUp | Lost | Disconnect | Retry | Stop

_STOPS = {
    feed.Close.BAD_FRAME: "the server does not understand this client",
    feed.Close.NOT_ALLOWED: "the token is not, or no longer, good",
    feed.Close.FORBIDDEN: "this token may not have the feed",
    feed.Close.REPLACED: "a newer connection of this device took over",
}


class Protocol:
    """One device's place in the log, and its way back to it. `position` is where an earlier run came to."""

    def __init__(
        self,
        position: Position | None = None,
        hello: feed.Hello | None = None,
        limits: Limits | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._hello = hello or feed.Hello()
        self._limits = limits or Limits()
        self._chance = chance or random.Random()
        self._held = position
        self._through = position.seq if position else 0
        self._taken = self._acknowledged = position.seq if position else 0
        self._until = 0
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._attempt = 0
        self._heard_at_s = self._welcomed_at_s = 0.0
        self.heartbeat_s = 10.0
        self.state = State.OFF
        self.last_error: told.Error | None = None

    @property
    def position(self) -> Position | None:
        """Where it resumes from: the last event that it holds, or a later place that the server said
        there is nothing before that it lacks."""
        if self._held is None or self._through <= self._held.seq:
            return self._held
        return Position(self._held.epoch, self._through)

    def silent_s(self, now_s: float) -> float:
        """How long nothing was heard: the age of the link."""
        return max(0.0, now_s - self._heard_at_s)

    def stale_at_s(self) -> float:
        """When the link is dead unless something is heard before."""
        greeting = self.state is State.GREETING
        return self._heard_at_s + (
            self._limits.greeting_s if greeting else self.heartbeat_s * STALE_HEARTBEATS
        )

    def connected(self, now_s: float) -> list[Output]:
        self.state = State.GREETING
        self._heard_at_s = now_s
        self._held = self.position
        resume = feed.Resume(self._held.epoch, self._held.seq) if self._held else None
        hello = msgspec.structs.replace(self._hello, resume=resume)
        return [Send(msgspec.json.encode(hello).decode())]

    def received(self, text: str | bytes, now_s: float) -> list[Output]:
        """A frame came."""
        self._heard_at_s = now_s
        try:
            frame = told.decode(text)
        except msgspec.MsgspecError:
            return [Disconnect("the server sent what is no frame")]
        if isinstance(frame, told.Event):
            return self._event(frame)
        if isinstance(frame, told.Welcome):
            return self._welcomed(frame, now_s)
        if isinstance(frame, told.Reset):
            return self._reset(frame)
        if isinstance(frame, told.Error):
            self.last_error = frame
        elif isinstance(frame, told.Heartbeat):
            self._beat(frame, now_s)
        return []

    def _beat(self, heartbeat: told.Heartbeat, now_s: float) -> None:
        if self.state is State.LIVE:
            self._through = heartbeat.through_seq
        if now_s - self._welcomed_at_s >= self.heartbeat_s:
            self._attempt = 0

    def _welcomed(self, welcome: told.Welcome, now_s: float) -> list[Output]:
        self.heartbeat_s = welcome.heartbeat_s
        self._welcomed_at_s = now_s
        if self._held is None:
            self._held = Position(welcome.epoch, welcome.head_seq)
            self.state = State.LIVE
        elif welcome.recovered:
            self.state = State.LIVE
        # Else a reset follows.
        self._acknowledged = 0
        return []

    def _reset(self, reset: told.Reset) -> list[Output]:
        """The log of another epoch, or one that was set back, is read from its beginning; in the same log
        it goes on from where we are."""
        held = self._held
        same_log = held is not None and held.epoch == reset.epoch and held.seq <= reset.head_seq
        after = held.seq if held is not None and same_log else 0
        self._held = Position(reset.epoch, after)
        self._through = after
        self._taken = min(self._taken, after)
        self._until = reset.head_seq
        return self._catching_up()

    def _catching_up(self) -> list[Output]:
        held = self._place()
        self.state = State.LIVE if held.seq >= self._until else State.CATCHING_UP
        return [] if self.state is State.LIVE else [CatchUp(held.seq)]

    def page(self, page: told.Page) -> list[Output]:
        """What was fetched; more may be to fetch."""
        held = self._place()
        if page.epoch != held.epoch:
            return [Disconnect("the log was made anew while we caught up")]
        outputs: list[Output] = []
        if page.floor_seq > held.seq:
            outputs.append(Lost(held.seq, page.floor_seq))
        for event in page.items:
            if held.seq < event.seq <= self._until:
                outputs += self._delivered(event, caught_up=True)
        # Past `until` the events come by the link, which began there.
        looked_to = min(max(page.next, page.floor_seq), self._until)
        if looked_to <= held.seq:
            return [*outputs, Disconnect("catching up does not get on")]
        self._held = Position(held.epoch, looked_to)
        return outputs + self._catching_up()

    def _event(self, event: told.Event) -> list[Output]:
        held = self._held
        if self.state is not State.LIVE or held is None:
            return [Disconnect("an event came before its turn")]
        if event.seq <= held.seq:
            return []
        if event.prev != held.seq:
            return [Disconnect("an event is missing")]
        self._held = Position(held.epoch, event.seq)
        return self._delivered(event, caught_up=False)

    def _delivered(self, event: told.Event, *, caught_up: bool) -> list[Output]:
        """The event, unless it is a hit that was delivered before: under another log's number, say."""
        if isinstance(event, told.HitEvent):
            if event.hit_id in self._seen:
                return []
            self._seen[event.hit_id] = None
            if len(self._seen) > self._limits.hits_remembered:
                self._seen.popitem(last=False)
        return [Deliver(event, self._place().epoch, caught_up)]

    def _place(self) -> Position:
        if self._held is None:
            raise RuntimeError("no frame was received yet")
        return self._held

    def taken(self, position: Position, *, idle: bool) -> list[Output]:
        """Everything up to there is safe on the device; `idle`: nothing else waits to be taken."""
        if position.epoch != self._place().epoch:
            return []
        self._taken = max(self._taken, position.seq)
        due = self._taken - self._acknowledged
        if self.state is not State.LIVE or due < (1 if idle else self._limits.ack_events):
            return []
        self._acknowledged = self._taken
        return [Send(msgspec.json.encode(feed.Ack(self._taken)).decode())]

    def looked(self, now_s: float) -> list[Output]:
        """Time passed."""
        if self.state in {State.OFF, State.STOPPED} or now_s < self.stale_at_s():
            return []
        return [Disconnect("nothing was heard for too long")]

    def disconnected(self, code: int | None, now_s: float) -> list[Output]:
        """The connection ended, or could not be made: with the server's close code, if it sent one."""
        if self.state is State.STOPPED:
            return []
        if code in _STOPS:
            self.state = State.STOPPED
            return [Stop(code, _STOPS[feed.Close(code)])]
        if self.state is State.LIVE and now_s - self._welcomed_at_s >= self.heartbeat_s:
            self._attempt = 0
        self.state = State.OFF
        crowded = code in {feed.Close.RESTARTING, feed.Close.TRY_LATER}
        first_s = self._limits.restart_pause_s if crowded else self._limits.pause_first_s
        most_s = min(self._limits.pause_max_s, first_s * 2**self._attempt)
        self._attempt = min(self._attempt + 1, 30)
        return [Retry(self._chance.uniform(0.0, most_s))]
