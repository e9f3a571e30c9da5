"""`python -m tests.faults.outage broker|database --minutes N`: what the service stands on is away for so long
while reads come in all the time, from cameras at the door and from a foreign producer on the topic.

It prints what the cameras were told, memory, and how soon the first hit and the last were there again. It
ends with 1 when a hit is lost or doubled, when a camera was not told when to come again, or when a process
takes more than a tenth more memory at the end of the outage than at its beginning.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import httpx

from tests.faults.fleet import Fleet, Grounds, scaled_out, until
from tests.faults.ledger import Ledger, Verdict
from tests.faults.soak import resident_mib
from tests.faults.subscriber import Subscriber
from tests.faults.traffic import Broker, Reads
from tests.services.fixtures import migrated
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres
from tests.services.server import Server

READS_PER_S = 50
TICK_S = 0.5
POST_READS = 1_000
SETTLE_S = 300.0
LOOK_EVERY_S = 30.0
GROWTH_MAX = 1.1


@dataclass
class Cameras:
    """Cameras that keep what was not taken, and come again when they are told to."""

    url: str
    token: str
    kept: deque[Reads] = field(default_factory=deque)
    told: Counter[str] = field(default_factory=Counter)

    async def send(self) -> None:
        """All that is kept, oldest first; what the door does not take is sent again when it said."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30) as client:
            while self.kept:
                wait_s = await self._post(client, self.kept[0])
                if wait_s is None:
                    self.kept.popleft()
                else:
                    await asyncio.sleep(wait_s)

    async def _post(self, client: httpx.AsyncClient, reads: Reads) -> float | None:
        """None when they were taken, else when to come again."""
        try:
            answer = await client.post("/v1/reads", json=reads)
        except httpx.TransportError as error:
            self.told[type(error).__name__] += 1
            return 1.0
        again = answer.headers.get("Retry-After")
        self.told[f"{answer.status_code}{'' if again is None else f', again in {again} s'}"] += 1
        return None if answer.status_code == 202 else float(again or 1)

    @property
    def was_answered(self) -> bool:
        """Whether each post was taken, or told when to come again."""
        return all(word.startswith("202") or "again" in word for word in self.told)


@dataclass
class Traffic:
    """Reads at a steady pace, half of them to the door and half to the topic, until `stop` is set."""

    fleet: Fleet
    ledger: Ledger
    cameras: Cameras
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        assert self.fleet.kafka is not None
        topic = Broker(self.fleet.kafka.bootstrap)
        at_door, at_topic = asyncio.create_task(self._nothing()), asyncio.create_task(self._nothing())
        waiting: Reads = []
        while not self.stop.is_set() or self.cameras.kept or waiting:
            if not self.stop.is_set():
                half = int(READS_PER_S * TICK_S)
                self._keep(list(islice(self.ledger.reads(half), half)))
                waiting += islice(self.ledger.reads(half), half)
            if at_door.done():
                at_door = asyncio.create_task(self.cameras.send())
            if at_topic.done():
                at_topic.result()
                at_topic = asyncio.create_task(topic.send(waiting))
                waiting = []
            await asyncio.sleep(TICK_S)
        await at_door
        await at_topic
        await topic.close()

    def _keep(self, reads: Reads) -> None:
        kept = self.cameras.kept
        # The first is perhaps on its way.
        if len(kept) > 1 and len(kept[-1]) + len(reads) <= POST_READS:
            kept[-1] += reads
        else:
            kept.append(reads)

    async def _nothing(self) -> None:
        pass


@dataclass(frozen=True)
class Outcome:
    """What came of it; times count from when the service was up again."""

    log: Verdict
    car: Verdict
    cameras: Cameras
    growth: float
    logged_lines: int
    first_hit_s: float
    last_hit_s: float

    @property
    def good(self) -> bool:
        return self.log.good and self.car.good and self.cameras.was_answered


async def outage(fleet: Fleet, ledger: Ledger, what: Server, away_s: float) -> Outcome:
    """Stop `what` for so long, start it again, and wait until every hit is there."""
    for plate in ledger.listed:
        fleet.desk.list_plate(plate).raise_for_status()
    traffic = Traffic(fleet, ledger, Cameras(fleet.front.url, fleet.desk.camera))
    async with Subscriber(fleet.front.url, fleet.desk.patrol) as car:
        sending = asyncio.create_task(traffic.run())
        await until(lambda: fleet.head_seq() > 0, SETTLE_S, "hits before the outage")
        await asyncio.to_thread(what.stop)
        lines = _logged_lines(fleet)
        growth = await _watched(fleet, traffic, away_s)
        lines = _logged_lines(fleet) - lines
        before = len(car.pairs)
        await asyncio.to_thread(what.start)
        back_s = time.monotonic()
        await until(lambda: len(car.pairs) > before, SETTLE_S, "a hit after the outage")
        first_s = time.monotonic() - back_s
        traffic.stop.set()
        await sending
        await until(lambda: fleet.head_seq() >= len(ledger.expected), SETTLE_S, "all hits")
        last_s = time.monotonic() - back_s
        await car.caught_up(fleet.head_seq(), SETTLE_S)
    assert car.broken == []
    log, seen = Verdict.of(ledger, await asyncio.to_thread(fleet.hits)), Verdict.of(ledger, car.pairs)
    return Outcome(log, seen, traffic.cameras, growth, lines, first_s, last_s)


async def _watched(fleet: Fleet, traffic: Traffic, away_s: float) -> float:
    """Let the time pass; by how much the memory of the process that grew most did since the first look."""
    pids = [service.pid for service in (fleet.front, *fleet.matchers) if service.pid]
    began_s = time.monotonic()
    looks: list[list[float]] = []
    while (ran_s := time.monotonic() - began_s) < away_s:
        if ran_s >= len(looks) * LOOK_EVERY_S:
            looks.append([resident_mib(pid) for pid in pids])
            mib = ", ".join(f"{one:.0f}" for one in looks[-1])
            kept = sum(map(len, traffic.cameras.kept))
            print(f"{ran_s:5.0f} s  {traffic.ledger.sent} reads, {kept} at cameras; MiB {mib}", flush=True)
        await asyncio.sleep(0.5)
    last = [resident_mib(pid) for pid in pids]
    return max(after / before for before, after in zip(looks[0], last, strict=True))


def _logged_lines(fleet: Fleet) -> int:
    return sum(len(service.log.read_bytes().splitlines()) for service in (fleet.front, *fleet.matchers))


async def _alone(what: str, minutes: float, folder: Path) -> int:
    kafka, postgres = Kafka(), Postgres()
    try:
        kafka.start()
        postgres.start()
        migrated(postgres, "anpr")
        fleet = scaled_out(Grounds(kafka, postgres, folder), matchers=2)
        try:
            ledger = Ledger.of(seed=4)
            done = await outage(fleet, ledger, kafka if what == "broker" else postgres, minutes * 60)
        finally:
            fleet.stop()
    finally:
        kafka.close()
        postgres.close()
    print(
        f"{what} away for {minutes:g} min: {ledger.sent} reads, {len(ledger.expected)} hits; "
        f"log: {done.log}; car: {done.car}; cameras were told {dict(done.cameras.told)}; "
        f"memory x {done.growth:.3f}; {done.logged_lines} lines logged meanwhile; "
        f"first hit {done.first_hit_s:.1f} s after it was back, last {done.last_hit_s:.1f} s"
    )
    return 0 if done.good and done.growth <= GROWTH_MAX else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["broker", "database"])
    parser.add_argument("--minutes", type=float, default=10.0)
    asked = parser.parse_args()
    # The producer of the test tells of each try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="anpr-outage-") as made:
        raise SystemExit(asyncio.run(_alone(asked.what, asked.minutes, Path(made))))
