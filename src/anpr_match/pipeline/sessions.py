"""The feeds that are open in this process: how many there may be, and when each of them has to end.

A right may end at any time: a token is revoked, a shift ends, a device connects anew elsewhere. Every
process looks at one number of the store many times a minute; when it has grown, and at the latest after
`rights_s`, the right of every open feed is looked at again. What devices and units tell of themselves is
kept here and written every now and then, for all of them in one transaction.
"""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar

import structlog

from anpr_match.domain.caller import Caller
from anpr_match.domain.delivery import Device, Receipt
from anpr_match.domain.errors import Full, Unavailable
from anpr_match.domain.event import Position
from anpr_match.domain.routing import Place
from anpr_match.domain.unit import Fix, Shift
from anpr_match.pipeline.together import Together
from anpr_match.ports.clock import Clock
from anpr_match.ports.deliveries import Deliveries
from anpr_match.ports.patrols import Patrols
from anpr_match.ports.registers import Registers
from anpr_match.ports.wake_up import Bell, WakeUp

log = structlog.get_logger(__name__)


K = TypeVar("K")
V = TypeVar("V")


class Why(Enum):
    """Why a feed ends although its client wants to stay."""

    NOT_ALLOWED = "not allowed"
    OFF_SHIFT = "off shift"
    REPLACED = "replaced"
    RESTARTING = "restarting"


@dataclass(frozen=True, slots=True)
class Limits:
    """`poll_s`: how often is looked whether rights changed; `rights_s`: after how long they are looked at
    although nothing seems to have changed. `waiting_max`: how many may be there that have not said who
    they are. `fix_keep_s`: for how long is known where a unit was; `forget_s`: how often is
    erased what is older."""

    feeds_max: int = 20_000
    waiting_max: int = 8_192
    feeds_per_token_max: int = 10_000
    poll_s: float = 0.5
    rights_s: float = 40.0
    save_s: float = 2.0
    fix_keep_s: float = 1_800.0
    forget_s: float = 60.0


@dataclass(eq=False, slots=True)
class Session:
    """One open feed. `device` is None for one that gives its device no name. `end` asks it to end, and
    may be called any number of times."""

    session_id: str
    caller: Caller
    device: str | None
    end: Callable[[Why], None]


@dataclass(slots=True)
class _Connecting:
    """A device that connects; `acked` is how far it had come, once that is known."""

    device: Device
    session_id: str
    acked: Position | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """Where rights are looked up, and where is written what feeds tell."""

    registers: Registers
    deliveries: Deliveries
    patrols: Patrols


class Sessions:
    """`forget_callers` is called when rights may have changed, so that nobody gets in by memory."""

    def __init__(
        self,
        stores: Stores,
        wake_up: WakeUp,
        clock: Clock,
        limits: Limits,
        forget_callers: Callable[[], None],
    ) -> None:
        self._stores = stores
        self._wake_up = wake_up
        self._clock = clock
        self._limits = limits
        self._forget_callers = forget_callers
        self._open: set[Session] = set()
        self._waiting = 0
        self._of_token: Counter[str] = Counter()
        self._of_device: dict[Device, Session] = {}
        self._unchecked: set[Session] = set()
        self._left: dict[Device, str] = {}
        self._receipts: dict[Device, Receipt] = {}
        self._fixes: dict[str, Fix] = {}
        self._new_fixes: dict[str, Fix] = {}
        self._shifts: dict[str, Shift] = {}
        self._revision = -1
        self._checked_at_s = self._saved_at_s = clock.monotonic_s()
        self._forgot_at_s = -math.inf
        self._ending = False
        self._connecting = Together(self._connect)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Somebody is there and has not said who it is, while this lasts. Raises `Full`."""
        if self._waiting >= self._limits.waiting_max:
            raise Full("too many are waiting to say who they are; come back later")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def check_room(self, token_id: str) -> None:
        """Raises `Full` when there are too many feeds for another one of this token."""
        if (
            len(self._open) >= self._limits.feeds_max
            or self._of_token[token_id] >= self._limits.feeds_per_token_max
        ):
            raise Full("there are too many feeds; come back later")

    def open(self, session: Session) -> None:
        """A feed begins. The device's feed before it is ended. Raises `Full` when there are too many."""
        token_id = session.caller.token_id
        self.check_room(token_id)
        self._open.add(session)
        self._unchecked.add(session)
        self._of_token[token_id] += 1
        if session.device is not None:
            older = self._of_device.get(Device(token_id, session.device))
            self._of_device[Device(token_id, session.device)] = session
            if older is not None:
                older.end(Why.REPLACED)
        if self._ending:
            session.end(Why.RESTARTING)

    def close(self, session: Session) -> None:
        """A feed has ended."""
        self._open.discard(session)
        self._unchecked.discard(session)
        token_id = session.caller.token_id
        self._of_token[token_id] -= 1
        if not self._of_token[token_id]:
            del self._of_token[token_id]
        if session.device is not None:
            device = Device(token_id, session.device)
            if self._of_device.get(device) is session:
                del self._of_device[device]
                self._left[device] = session.session_id

    async def connect(self, session_id: str, device: Device) -> Position | None:
        """The device connects with this session; returns how far it had come. Raises `Unavailable`."""
        connecting = _Connecting(device, session_id)
        await self._connecting.put(connecting)
        told = self._receipts.get(device)
        return told.position if told else connecting.acked

    async def _connect(self, connecting: Sequence["_Connecting"]) -> None:
        # Who left here and comes back takes nothing over: the store must know that first.
        if any(one.device in self._left for one in connecting):
            await self._save_left()
        # Of a device that comes twice the last one counts, as if they had come one after the other.
        sessions = {one.device: one.session_id for one in connecting}
        known = await self._stores.deliveries.connect(sessions, self._clock.now())
        for one in connecting:
            one.acked = known.get(one.device)

    def note_ack(self, session: Session, position: Position) -> None:
        """The device has everything up to there."""
        device = Device(session.caller.token_id, session.device or "")
        known = self._receipts.get(device)
        if known is None or known.position.epoch != position.epoch or known.position.seq < position.seq:
            self._receipts[device] = Receipt(device, position, self._clock.now())

    def note_fix(self, unit_id: str, fix: Fix) -> None:
        """The unit says where it is. A time to come counts as now; one that is long past is passed over."""
        now = self._clock.now()
        fix = Fix(fix.lat, fix.lon, min(fix.at, now), fix.accuracy_m)
        known = self._fixes.get(unit_id)
        if fix.at > self._oldest_fix() and (known is None or known.at < fix.at):
            self._fixes[unit_id] = self._new_fixes[unit_id] = fix

    def place_of(self, unit_id: str | None) -> Place | None:
        """Where the unit is, as far as this process knows; None when nobody said so lately."""
        fix = self._fixes.get(unit_id) if unit_id is not None else None
        return Place(fix.lat, fix.lon) if fix is not None and fix.at > self._oldest_fix() else None

    def shift_of(self, unit_id: str | None) -> Shift | None:
        """The shift that the unit is on, as it stood at the last look."""
        return self._shifts.get(unit_id) if unit_id is not None else None

    async def run(self, stop: asyncio.Event) -> None:
        """Look after the feeds until `stop`; then end them all: come back."""
        heard = self._wake_up.listen(Bell.REGISTERS)
        try:
            while not stop.is_set():
                await self.look()
                async with asyncio.TaskGroup() as either:
                    ringing = either.create_task(heard.wait(self._limits.poll_s))
                    stopping = either.create_task(stop.wait())
                    await asyncio.wait([ringing, stopping], return_when=asyncio.FIRST_COMPLETED)
                    ringing.cancel()
                    stopping.cancel()
        finally:
            self._ending = stop.is_set()
            if self._ending:
                for session in list(self._open):
                    session.end(Why.RESTARTING)
                # They close after the last time that anything is written.
                self._left |= {device: session.session_id for device, session in self._of_device.items()}
                with contextlib.suppress(Unavailable):
                    await self.save()

    async def look(self) -> None:
        """Look at rights if need be, and write what is to be written. Raises `Unavailable`."""
        await self._check()
        if self._clock.monotonic_s() - self._saved_at_s >= self._limits.save_s:
            await self.save()

    async def _check(self) -> None:
        revision = await self._stores.registers.rights_revision()
        now_s = self._clock.monotonic_s()
        if revision != self._revision or now_s - self._checked_at_s >= self._limits.rights_s:
            self._forget_callers()
            self._shifts = await self._stores.patrols.on_shift()
            await self._end_those_without_right(set(self._open))
            self._revision, self._checked_at_s = revision, now_s
        elif self._unchecked:
            await self._end_those_without_right(set(self._unchecked))

    async def _end_those_without_right(self, sessions: Collection[Session]) -> None:
        callers = await self._stores.registers.bearers({s.caller.token_id for s in sessions})
        devices = [Device(s.caller.token_id, s.device) for s in sessions if s.device is not None]
        newest = await self._stores.deliveries.sessions(devices) if devices else {}
        # Some may have closed while the store was asked; from here on nothing is waited for.
        for session in self._open.intersection(sessions):
            self._unchecked.discard(session)
            why = _why(session, callers.get(session.caller.token_id), newest)
            if why is not None:
                log.info("feed_ended", why=why.value, token_id=session.caller.token_id)
                session.end(why)

    async def save(self) -> None:
        """Write receipts, fixes and who left. Raises `Unavailable`; they are then written the next time."""
        self._saved_at_s = self._clock.monotonic_s()
        receipts, fixes = dict(self._receipts), dict(self._new_fixes)
        if receipts:
            await self._stores.deliveries.note(list(receipts.values()))
            _forget(self._receipts, receipts)
        if fixes:
            await self._stores.patrols.note_fixes(fixes)
            _forget(self._new_fixes, fixes)
        await self._save_left()
        await self._forget_old_fixes()

    async def _save_left(self) -> None:
        left = dict(self._left)
        await self._stores.deliveries.leave(left)
        _forget(self._left, left)

    async def _forget_old_fixes(self) -> None:
        oldest = self._oldest_fix()
        old = [unit_id for unit_id, fix in self._fixes.items() if fix.at <= oldest]
        for unit_id in old:
            del self._fixes[unit_id]
        # By time, and not when this process held one: what a process that is gone has written must go too.
        now_s = self._clock.monotonic_s()
        if now_s - self._forgot_at_s >= self._limits.forget_s:
            await self._stores.patrols.forget_fixes(oldest)
            self._forgot_at_s = now_s

    def _oldest_fix(self) -> datetime:
        return self._clock.now() - timedelta(seconds=self._limits.fix_keep_s)


def _why(session: Session, caller: Caller | None, newest: dict[Device, str]) -> Why | None:
    """Why the feed has to end; None when it may go on."""
    if caller is None or caller.role is not session.caller.role:
        return Why.NOT_ALLOWED
    if caller.off_shift:
        return Why.OFF_SHIFT
    if session.device is not None:
        device = Device(caller.token_id, session.device)
        if newest.get(device, session.session_id) != session.session_id:
            return Why.REPLACED
    return None


def _forget(kept: dict[K, V], written: dict[K, V]) -> None:
    """Take out what was written, unless it changed meanwhile."""
    for key, value in written.items():
        if kept.get(key) is value:
            del kept[key]
