"""The whole front door over stores of any kind, called without a socket."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.read_log import MemoryReadLog
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.domain.caller import Grant, Role
from anpr_match.domain.camera import Camera
from anpr_match.domain.hit import Hit, Match, Tier, hit_id
from anpr_match.domain.read import Read
from anpr_match.pipeline.acts import Acts
from anpr_match.pipeline.answers import Answers
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.deliver import Hub
from anpr_match.pipeline.deliver import Limits as HubLimits
from anpr_match.pipeline.ingest import Ingest
from anpr_match.pipeline.sessions import Limits as SessionLimits
from anpr_match.pipeline.sessions import Sessions
from anpr_match.pipeline.sessions import Stores as SessionStores
from anpr_match.pipeline.together import Together
from anpr_match.pipeline.unanswered import Reports
from anpr_match.pipeline.watchlist import Watchlist
from anpr_match.ports.audit import Record
from anpr_match.ports.registers import Registers
from anpr_match.telemetry.health import Health
from anpr_match.telemetry.metrics import Metrics
from anpr_match.web.app import create_app
from anpr_match.web.callers import Callers
from anpr_match.web.limits import FeedLimits, Limits
from anpr_match.web.services import Services
from anpr_match.wire import read as wire_read
from tests.contract.stores import Stores, in_memory

BY = "test"


@dataclass(slots=True)
class FrontDoor:
    """The application, the parts behind it, and a token for each role. `ledger` is beneath the stores when
    they are in memory."""

    http: httpx.AsyncClient
    services: Services
    clock: WoundClock
    log: MemoryReadLog
    wake_up: MemoryWakeUp
    ledger: Ledger
    registers: Registers
    cameras: CameraBook
    tokens: dict[str, str] = field(default_factory=dict)

    async def call(
        self, method: str, path: str, who: str | None, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Call as the bearer of the token named `who`; header names are written with `_`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent["Authorization"] = f"Bearer {self.tokens.get(who, who)}"
        if isinstance(body, bytes):
            return await self.http.request(method, path, content=body, headers=sent)
        return await self.http.request(method, path, json=body, headers=sent)

    def entry(self, plate: str | None = "AB01CDE", **change: Any) -> dict[str, Any]:
        """The least entry, with changes."""
        at = self.clock.now()
        return {
            "plate": plate,
            "owner_force": "herts",
            "category": "hare_coursing",
            "reason": "seen at Lilley Bottom",
            "review_at": (at + timedelta(days=20)).isoformat(),
            "ends_at": (at + timedelta(days=40)).isoformat(),
            **change,
        }

    async def listed(self, **change: Any) -> dict[str, Any]:
        """An entry as the API gave it."""
        answer = await self.call("POST", "/v1/watchlist/entries", "analyst", self.entry(**change))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def hit(self, entry_id: str, read_id: str, **read: Any) -> str:
        """Record a hit of a read (with these fields) on the entry; returns its id."""
        entry = await self.services.watchlist.entry(entry_id, await self._somebody())
        now = self.clock.now()
        plate = entry.terms.vrm or ""
        match = Match(entry, plate, plate, 0.99, Tier.EXACT, "every character agrees")
        made = Read(camera_id="CAM001", captured_at=now, plate=plate, read_id=read_id, **read)
        identity = hit_id(made, entry_id)
        await self.services.hits.record(
            [Hit(identity, made, match, Camera.unknown("CAM001"), now, 1, late=False)], []
        )
        return identity

    async def _somebody(self) -> Any:
        return await self.services.callers.caller(self.tokens["analyst"])

    def reads(self) -> list[Read]:
        """What lies in the log of reads."""
        found = [wire_read.decode(value) for values in self.log.values.values() for value in values]
        return [read for read in found if isinstance(read, Read)]

    def audited(self) -> list[Record]:
        return self.ledger.audit


@contextlib.asynccontextmanager
async def opened(
    limits: Limits | None = None,
    stores: Stores | None = None,
    feed: FeedLimits | None = None,
    session_limits: SessionLimits | None = None,
) -> AsyncIterator[FrontDoor]:
    """A front door with a token for each role, over stores in memory unless others are given."""
    ledger, wake_up, log, metrics = Ledger(), MemoryWakeUp(), MemoryReadLog(partitions=1), Metrics("test")
    stores = stores or in_memory(ledger, WoundClock())
    cameras = CameraBook(stores.registers, wake_up, 5.0)
    callers = Callers(stores.registers, stores.clock, 15.0, 100)
    sessions = Sessions(
        SessionStores(stores.registers, stores.deliveries, stores.patrols),
        wake_up,
        stores.clock,
        session_limits or SessionLimits(poll_s=0.05, save_s=0.0),
        callers.forget,
    )
    services = Services(
        clock=stores.clock,
        ingest=Ingest(log, cameras, stores.clock, metrics),
        watchlist=Watchlist(stores.watchlist, stores.registers, stores.audit, wake_up, stores.clock),
        registers=stores.registers,
        callers=callers,
        hits=stores.hits,
        patrols=stores.patrols,
        acts=Acts(stores.acts, wake_up),
        answers=Answers(stores.acts, stores.audit, stores.clock),
        reports=Reports(stores.acts, stores.clock),
        audit=stores.audit,
        wake_up=wake_up,
        metrics=metrics,
        health=Health(),
        tickets=stores.tickets,
        deliveries=stores.deliveries,
        sessions=sessions,
        disclosures=Together(stores.audit.note_all),
        hub=Hub(stores.hits, stores.watchlist, wake_up, stores.clock, HubLimits()),
        limits=limits or Limits(),
        feed=feed or FeedLimits(),
    )
    transport = httpx.ASGITransport(app=create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        door = FrontDoor(http, services, stores.clock, log, wake_up, ledger, stores.registers, cameras)
        await _sign_in(door)
        yield door


async def _sign_in(door: FrontDoor) -> None:
    at = door.clock.now()
    for name, role, force in (
        ("analyst", Role.ANALYST, "herts"),
        ("essex analyst", Role.ANALYST, "essex"),
        ("patrol", Role.PATROL, "herts"),
        ("kent patrol", Role.PATROL, "kent"),
        ("operator", Role.OPERATOR, "herts"),
    ):
        door.tokens[name] = (await door.registers.create_token(Grant(role, force, name), BY, at)).token
    camera = Camera("CAM001", force="herts", road="A1081", zone="Europe/London")
    door.tokens["camera"] = (await door.registers.add_camera(camera, BY, at)).token
    await door.registers.add_camera(Camera("ESX1", force="essex"), BY, at)
    gateway = await door.registers.create_token(
        Grant(Role.CAMERA, "herts", "gateway", all_cameras=True), BY, at
    )
    door.tokens["gateway"] = gateway.token
    await door.cameras.refresh()
