"""Who works with the service in a scenario: an analyst's desk, a camera gateway, and a patrol car."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from tests.e2e.car import Car
from tests.e2e.service import Service

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
        """Make cameras, a unit and tokens by the command line, as an operator does."""
        for number in range(2):
            service.command(
                "camera", "add", f"CAM{number}", "--force", "herts", "--road", "A505",
                "--lat", "51.9", "--lon", "-0.3", "--zone", "Europe/London",
            )  # fmt: skip
        token = ("token", "create", "--force", "herts", "--name", "scenario", "--role")
        return cls(
            url=service.url,
            analyst=service.command(*token, "analyst")["token"],
            camera=service.command(*token, "camera", "--all-cameras")["token"],
            patrol=service.command("unit", "add", "HERTS CH-32", "--force", "herts")["token"],
        )

    def car(self, resume: dict[str, Any] | None = None) -> Car:
        return Car(self.url, self.patrol, resume)

    def list_plate(self, plate: str, **terms: Any) -> httpx.Response:
        now = datetime.now(UTC)
        body = {
            "plate": plate,
            "owner_force": "herts",
            "category": "hare_coursing",
            "reason": "scenario",
            "review_at": (now + timedelta(days=20)).isoformat(),
            "ends_at": (now + timedelta(days=40)).isoformat(),
            **terms,
        }
        return self.call("POST", "/v1/watchlist/entries", self.analyst, json=body)

    def post_reads(self, reads: list[dict[str, Any]]) -> httpx.Response:
        return self.call("POST", "/v1/reads", self.camera, json=reads)

    def call(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.request(method, self.url + path, headers=headers, **more)


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


def a_read(read_id: str, plate: str, camera: int = 0, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    return {"read_id": read_id, "camera_id": f"CAM{camera}", "captured_at": at, "plate": plate, **more}
