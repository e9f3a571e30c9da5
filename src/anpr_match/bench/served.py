"""The service of `serve` in a process of its own, with one part more: it records hits when it is told to.

So a hit can be followed from the moment at which it is recorded, without what leads to it.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from anpr_match.bench import plates
from anpr_match.bootstrap.service import Service
from anpr_match.bootstrap.stores import Stores
from anpr_match.domain.caller import Caller, Grant, Role
from anpr_match.domain.camera import Camera
from anpr_match.domain.hit import Hit, Match, Tier, hit_id
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry, Terms
from anpr_match.pipeline.pause import pause
from anpr_match.ports.wake_up import Bell
from anpr_match.telemetry import logging

CAMERA = Camera("BENCH1", "herts", "Harpenden North", "A1081", 51.8325, -0.3895, 180.0)
BY = Caller("bench", Role.ANALYST, "herts", "bench")
Open = Callable[[], AbstractAsyncContextManager[Service]]


@dataclass(frozen=True, slots=True)
class Record:
    """Record so many hits; the answer is when they were recorded (`time.monotonic`)."""

    hits: int = 1


@dataclass(frozen=True, slots=True)
class Weigh:
    """The answer is a `Weight`."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What the process has of memory, and what it has used of the processor."""

    resident_kib: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Access:
    """What the service is spoken to with. `plate` is listed."""

    port: int
    patrol: str
    camera: str
    plate: str


def run(opened: Open, control: Connection) -> None:
    """Sends its `Access` when it is ready; then answers `Record` and `Weigh` until None comes."""
    logging.set_up("warning", "console")
    asyncio.run(_run(opened, control))


async def _run(opened: Open, control: Connection) -> None:
    async with opened() as service:
        recorder = Recorder(service, control)
        service.supervisor.add("bench", recorder.run)
        await service.supervisor.run()


class Recorder:
    """The part that answers."""

    def __init__(self, service: Service, control: Connection) -> None:
        self._service = service
        self._control = control
        self._recorded = 0

    async def run(self, stop: asyncio.Event) -> None:
        entry, access = await _prepared(self._service.stores, self._service.server.port)
        while not all(finding.ok for finding in (await self._service.health.findings()).values()):
            await pause(stop, 0.05)
        self._control.send(access)
        while (told := await asyncio.to_thread(self._control.recv)) is not None:
            if isinstance(told, Record):
                self._control.send(await self._record(entry, told.hits))
            else:
                self._control.send(weight())
        self._service.supervisor.stop()
        await stop.wait()

    async def _record(self, entry: Entry, how_many: int) -> float:
        stores = self._service.stores
        hits = [_hit(entry, f"bench-{self._recorded + n}") for n in range(how_many)]
        self._recorded += how_many
        await stores.hits.record(hits, [])
        recorded_s = time.monotonic()
        await stores.wake_up.ring(Bell.EVENTS)
        return recorded_s


async def _prepared(stores: Stores, port: int) -> tuple[Entry, Access]:
    now, year = datetime.now(UTC), timedelta(days=365)
    listed, other = plates.fleet(2, 1)
    terms = Terms("herts", "stolen", "measurement", now + year, now + year, plate=listed, vrm=listed)
    many = [("bench-posted", terms), ("bench-recorded", replace(terms, plate=other, vrm=other))]
    _, recorded = await stores.watchlist.create_many(many, BY, now, "measurement")
    tokens = [
        await stores.registers.create_token(Grant(role, "herts", "bench", all_cameras=cameras), "bench", now)
        for role, cameras in ((Role.PATROL, False), (Role.CAMERA, True))
    ]
    await stores.registers.add_camera(CAMERA, "bench", now)
    return recorded, Access(port, tokens[0].token, tokens[1].token, listed)


def _hit(entry: Entry, read_id: str) -> Hit:
    now, plate = datetime.now(UTC), entry.terms.plate or ""
    read = Read(CAMERA.camera_id, now, plate, read_id=read_id, received_at=now)
    reason = f"read as {plate}, as listed"
    match = Match(entry, plate, plate, 0.9931, Tier.EXACT, reason, (), "bench")
    return Hit(hit_id(read, entry.entry_id), read, match, CAMERA, now, 1, late=False)


def weight() -> Weight:
    """Of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS"))
    return Weight(int(resident.split()[1]), time.process_time())
