"""Faults drawn from a seed, one after the other, while reads flow and the list is edited; and the count of
what came of it."""

import asyncio
import contextlib
import math
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from anpr_match.pipeline import failpoints
from tests.e2e.service import Service
from tests.faults.edits import Edits
from tests.faults.fleet import SESSION_S, Fleet, signalled, until
from tests.faults.ledger import Ledger, Verdict
from tests.faults.subscriber import Subscriber
from tests.faults.traffic import Broker, send, source

SETTLE_S = 120.0
JUMPS_S = (-7_200, -20, 20, 7_200)

Fault = Callable[["Chaos"], Coroutine[None, None, None]]


@dataclass
class Chaos:
    """A run: the fleet, the ledger, and the dice of the seed."""

    fleet: Fleet
    ledger: Ledger
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)
    car: Subscriber | None = None
    died: int = 0
    poison: int = 0

    def matcher(self) -> Service:
        return self.chance.choice(self.fleet.matchers)

    async def run(self, reads: int, faults: int) -> str:
        """Send so many reads while so many faults happen; then hold the log of hits and what a car got
        against the ledger. Returns what is to be printed."""
        began_s = time.monotonic()
        portion = reads // (faults + 1)
        drawn = self._drawn(faults)
        to = source(self.fleet)
        async with Subscriber(self.fleet.front.url, self.fleet.desk.patrol) as car:
            self.car = car
            edits = Edits(self.fleet.desk, self.ledger, self.chance, lambda: set(car.pairs))
            editing = asyncio.create_task(edits.run())
            for fault in drawn:
                happening = asyncio.create_task(fault(self))
                await send(to, self.ledger, portion, happening)
                await happening
                self.happened[fault.__name__] += 1
                print(
                    f"{time.monotonic() - began_s:5.0f} s  {self.ledger.sent} sent, {fault.__name__}",
                    flush=True,
                )
            await send(to, self.ledger, reads - portion * faults)
            edits.stop()
            await editing
            await to.send(self.ledger.last_reads())
            settled_s = await self._settled()
            got = await asyncio.to_thread(self.fleet.hits)
            await car.caught_up(self.fleet.head_seq(), SETTLE_S)
        await to.close()
        verdict = Verdict.of(self.ledger, got)
        assert verdict.good, f"the log of hits: {verdict}"
        seen = Verdict.of(self.ledger, car.pairs)
        assert seen.good, f"what the car got: {seen}"
        assert car.broken == []
        assert edits.withdrawn
        return (
            f"{self.ledger.sent} reads, {len(got)} hits, {self.happened.total() - self.died} faults "
            f"({', '.join(f'{n} {name}' for name, n in sorted(self.happened.items()))}), "
            f"{edits.listed} entries listed, {edits.changed} changed, {edits.withdrawn} withdrawn: "
            f"{verdict}; "
            f"the car came back {car.connections - 1} times; "
            f"caught up {settled_s:.1f} s after the last read; {time.monotonic() - began_s:.0f} s in all"
        )

    def _drawn(self, faults: int) -> list[Fault]:
        """Each kind at least once if there is room, in the order of the dice."""
        kinds = EMBEDDED if self.fleet.embedded else SCALED_OUT
        drawn = [kinds[n % len(kinds)] for n in range(faults)]
        self.chance.shuffle(drawn)
        return drawn

    async def _settled(self) -> float:
        """Until every hit that must be there is, or the time is up: then the verdict says what is lost."""
        wanted = self.ledger.expected
        head_s = await until(lambda: self.fleet.head_seq() >= len(wanted), SETTLE_S, f"{len(wanted)} events")
        with contextlib.suppress(AssertionError):
            return head_s + await until(lambda: wanted <= set(self.fleet.hits()), SETTLE_S, "every hit")
        return math.inf


async def kill(chaos: Chaos) -> None:
    """SIGKILL to a matcher, and a start."""
    service = chaos.matcher()
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)


async def terminate(chaos: Chaos) -> None:
    """SIGTERM to a matcher: it ends well, and is started again."""
    service = chaos.matcher()
    assert await asyncio.to_thread(service.stop) == 0
    await asyncio.to_thread(service.start)


async def zombie(chaos: Chaos) -> None:
    """A matcher that stands still for longer than its session, and then goes on as if nothing were."""
    service = chaos.matcher()
    signalled(service, signal.SIGSTOP)
    try:
        # Embedded there is no session to outlast.
        await still(SESSION_S + 3 if chaos.fleet.kafka else 2)
    finally:
        signalled(service, signal.SIGCONT)


async def clock_jump(chaos: Chaos) -> None:
    """The time of day of one process is off for a while, by seconds or hours, and then right again."""
    service = chaos.chance.choice([chaos.fleet.front, *chaos.fleet.matchers])
    service.jump(chaos.chance.choice(JUMPS_S))
    await still(2)
    service.jump(0)


async def link_cut(chaos: Chaos) -> None:
    """The car's link breaks in the middle of whatever is on its way."""
    assert chaos.car is not None
    chaos.car.cut()


async def crash_at_a_failpoint(chaos: Chaos) -> None:
    """A matcher that dies by its own hand at a named place, and is started again."""
    service = chaos.matcher()
    place, nth = chaos.chance.choice(failpoints.NAMES), chaos.chance.randrange(1, 3)
    await asyncio.to_thread(service.stop)
    whole = service.env
    service.env = {**whole, "ANPR_FAULTS__ALLOWED": "true", "ANPR_FAULTS__FAILPOINTS": f"{place}:kill@{nth}"}
    service.spawn()
    # It dies once it has had that many batches; a matcher that gets none is killed.
    deadline_s = time.monotonic() + 10
    while service.running and time.monotonic() < deadline_s:  # noqa: ASYNC110 a process is not of this loop
        await asyncio.sleep(0.1)
    if not service.running:
        chaos.happened[f"died {place}"] += 1
        chaos.died += 1
    await asyncio.to_thread(service.kill)
    service.env = whole
    await asyncio.to_thread(service.start)


async def kill_front(chaos: Chaos) -> None:
    """SIGKILL to the process that the cars hang on."""
    await asyncio.to_thread(chaos.fleet.front.kill)
    await asyncio.to_thread(chaos.fleet.front.start)


async def restart_database(chaos: Chaos) -> None:
    """The database dies at once, and is started again."""
    assert chaos.fleet.postgres is not None
    await asyncio.to_thread(chaos.fleet.postgres.kill)
    await asyncio.to_thread(chaos.fleet.postgres.start)


async def database_away(chaos: Chaos) -> None:
    """The database is away for a while."""
    assert chaos.fleet.postgres is not None
    await asyncio.to_thread(chaos.fleet.postgres.stop)
    await still(5)
    await asyncio.to_thread(chaos.fleet.postgres.start)


async def restart_broker(chaos: Chaos) -> None:
    """The broker dies at once, and is started again."""
    assert chaos.fleet.kafka is not None
    await asyncio.to_thread(chaos.fleet.kafka.kill)
    await asyncio.to_thread(chaos.fleet.kafka.start)


async def broker_away(chaos: Chaos) -> None:
    """The broker stops in order, and is away for a while."""
    assert chaos.fleet.kafka is not None
    await asyncio.to_thread(chaos.fleet.kafka.stop)
    await still(5)
    await asyncio.to_thread(chaos.fleet.kafka.start)


async def poison(chaos: Chaos) -> None:
    """A handful of broken records, one after the other, on one partition."""
    assert chaos.fleet.kafka is not None
    junk = [b"\xff\xfe", b"{", b"[]", b'{"plate":1}', b"null", chaos.chance.randbytes(300)]
    to = Broker(chaos.fleet.kafka.bootstrap)
    await to.raw(junk, chaos.chance.randrange(6))
    chaos.poison += len(junk)


async def still(wait_s: float) -> None:
    """Let the fault last."""
    end_s = time.monotonic() + wait_s
    while time.monotonic() < end_s:  # noqa: ASYNC110 it is time that the fault needs
        await asyncio.sleep(0.1)


EMBEDDED: list[Fault] = [kill, terminate, crash_at_a_failpoint, zombie, clock_jump, link_cut]
SCALED_OUT: list[Fault] = [
    kill,
    terminate,
    zombie,
    clock_jump,
    link_cut,
    restart_database,
    crash_at_a_failpoint,
    restart_broker,
    poison,
    kill_front,
    database_away,
    broker_away,
]
