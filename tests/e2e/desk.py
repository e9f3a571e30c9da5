"""Who works with the service in a scenario: an analyst's desk, a camera gateway, and a patrol car."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from anpr_match.bootstrap.stores import open_stores
from anpr_match.domain.caller import Grant, Role
from anpr_match.domain.camera import Camera
from anpr_match.settings import Settings
from tests.e2e.car import Car
from tests.e2e.service import Service

CAMERAS = 2
LETTERS = "ABCDEFGHJKLMNOPRSTUVWXY"


@dataclass
class Desk:
    """Tokens of every role, and the calls that a scenario makes with them."""

    url: str
    analyst: str
    camera: str
    patrol: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30), repr=False)

    @classmethod
    def register(cls, service: Service) -> Self:
        """Make cameras, a unit and tokens in the stores of the service, which need not run. As the commands
        do it, whose tests are elsewhere: five processes for each service would cost half of some tests."""
        # A thread, since the caller may have an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            made = thread.submit(asyncio.run, _registered(service.settings())).result(timeout=60)
        analyst, camera, patrol = made
        return cls(service.url, analyst=analyst, camera=camera, patrol=patrol)

    def car(self, resume: dict[str, Any] | None = None) -> Car:
        return Car(self.url, self.patrol, resume)

    def list_plate(self, plate: str | None, **terms: Any) -> httpx.Response:
        return self.call("POST", "/v1/watchlist/entries", self.analyst, json=an_entry(plate, **terms))

    def post_reads(self, reads: list[dict[str, Any]]) -> httpx.Response:
        return self.call("POST", "/v1/reads", self.camera, json=reads)

    def call(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.request(method, self.url + path, headers=headers, **more)


async def _registered(settings: Settings) -> list[str]:
    """The tokens of an analyst, of a gateway of cameras, and of a patrol unit."""
    async with open_stores(settings) as stores:
        registers, now = stores.registers, stores.clock.now()
        for number in range(CAMERAS):
            camera = Camera(f"CAM{number}", "herts", road="A505", lat=51.9, lon=-0.3)
            await registers.add_camera(camera, "scenario", now)
        desk = Grant(Role.ANALYST, "herts", "scenario")
        gateway = Grant(Role.CAMERA, "herts", "scenario", all_cameras=True)
        made = [await registers.create_token(grant, "scenario", now) for grant in (desk, gateway)]
        _, car = await registers.add_unit("HERTS CH-32", "herts", "scenario", now)
    return [new.token for new in (*made, car)]


def plates(seed: int, how_many: int) -> list[str]:
    """Marks that no vehicle can bear: their age identifiers, 01 and 50, were never issued."""
    chance = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < how_many:
        made[
            "".join(
                [*chance.choices(LETTERS, k=2), chance.choice(["01", "50"]), *chance.choices(LETTERS, k=3)]
            )
        ] = None
    return list(made)


def an_entry(plate: str | None, **terms: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "plate": plate,
        "owner_force": "herts",
        "category": "hare_coursing",
        "reason": "scenario",
        "review_at": (now + timedelta(days=20)).isoformat(),
        "ends_at": (now + timedelta(days=40)).isoformat(),
        **terms,
    }


def a_read(read_id: str, plate: str, camera: int = 0, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    return {"read_id": read_id, "camera_id": f"CAM{camera}", "captured_at": at, "plate": plate, **more}
