"""The service as it runs: on the embedded set one process, scaled out an API process and matchers."""

import asyncio
import os
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.desk import Desk
from tests.e2e.service import Service
from tests.faults.clock import Clocked
from tests.faults.ledger import Pair
from tests.services import loopback
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres

SESSION_S = 6.0
"""The least that the broker takes."""

EXACT = {
    "ANPR_MATCH__POSSIBLE": "0.998",
    "ANPR_MATCH__PROBABLE": "0.999",
    "ANPR_ROUTING__PRIORITY_2_WIDER_AFTER_S": "36000",
    "ANPR_ROUTING__PRIORITY_2_CONTROL_ROOM_AFTER_S": "36000",
    "ANPR_ROUTING__EXPIRE_AFTER_S": "72000",
}
"""Whether a look-alike is a hit, and what becomes of one that nobody answers, is another matter, and not for
a ledger to count."""

PAGE = 1_000


@dataclass
class Fleet:
    """`front` has the door and the feed. `matchers` match; embedded, the front is the matcher too."""

    front: Clocked
    matchers: list[Clocked]
    desk: Desk
    kafka: Kafka | None = None
    postgres: Postgres | None = None
    killed: int = 0

    @property
    def embedded(self) -> bool:
        return self.kafka is None

    def metric(self, name: str) -> float:
        """The metric summed over labels and running processes."""
        return sum(
            sample(service, name) for service in {id(s): s for s in [self.front, *self.matchers]}.values()
        )

    def hits(self) -> list[Pair]:
        """(read id, plate listed) of every hit there is, page by page; asserts that no seq is missing."""
        pairs: list[Pair] = []
        after = 0
        while items := self.page(after)["items"]:
            for item in items:
                assert item["prev"] == after, f"{item['prev']} does not follow {after}"
                after = item["seq"]
                if item["type"] == "hit":
                    pairs.append((item["hit"]["read"]["read_id"], item["hit"]["plate_listed"]))
        return pairs

    def page(self, after: int) -> dict[str, Any]:
        path = f"/v1/hits?after={after}&limit={PAGE}"
        answer = self.desk.call("GET", path, self.desk.patrol)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def ask(self, path: str) -> httpx.Response:
        """What the front says to one who shows no token."""
        return self.desk.client.get(self.front.url + path)

    def head_seq(self) -> int:
        return int(self.page(0)["head_seq"])

    def stop(self) -> None:
        for service in [*self.matchers, self.front]:
            service.kill()
        self.desk.client.close()


def sample(service: Service, name: str) -> float:
    """The metric of one process, summed over labels; 0 when the process does not answer."""
    try:
        text = httpx.get(f"{service.url}/metrics", timeout=5).text
    except httpx.TransportError:
        return 0.0
    return sum(float(value) for value in re.findall(rf"(?m)^{name}(?:{{.*}})? (\S+)$", text))


def signalled(service: Service, how: signal.Signals) -> None:
    """Send a signal and leave the process be."""
    assert service.pid is not None
    os.kill(service.pid, how)


def embedded(folder: Path, env: Mapping[str, str] | None = None) -> Fleet:
    """One process with every role, on files."""
    service = Clocked({**EXACT, **(env or {})}, folder, loopback.free_port())
    desk = Desk.register(service)
    service.start()
    return Fleet(service, [service], desk)


@dataclass
class Grounds:
    """What a scaled-out fleet stands on; `env` are the settings that lead there."""

    kafka: Kafka
    postgres: Postgres
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def service(self, name: str, roles: str, more: Mapping[str, str] | None = None) -> Clocked:
        (self.folder / name).mkdir()
        env = {
            **EXACT,
            "ANPR_KAFKA__BOOTSTRAP": self.kafka.bootstrap,
            "ANPR_KAFKA__PARTITIONS": "6",
            "ANPR_KAFKA__SESSION_S": f"{SESSION_S:g}",
            "ANPR_DATABASE__URL": self.postgres.url("anpr"),
            **self.env,
            **(more or {}),
        }
        return Clocked(env, self.folder / name, loopback.free_port(), roles)


def scaled_out(grounds: Grounds, matchers: int, more: Mapping[str, str] | None = None) -> Fleet:
    """An API process and so many matchers; `more` settings are for the first matcher alone."""
    front = grounds.service("front", "ingest,feed,web,archive")
    desk = Desk.register(front)
    front.start()
    those = [grounds.service(f"matcher{n}", "match", more if n == 0 else None) for n in range(matchers)]
    fleet = Fleet(front, those, desk, grounds.kafka, grounds.postgres)
    try:
        for service in those:
            service.spawn()
        for service in those:
            service.until_ready()
    except BaseException:
        fleet.stop()
        raise
    return fleet


async def until(holds: Callable[[], bool], limit_s: float, what: str) -> float:
    """Look again until it holds; seconds it took. Fails with `what` after the limit."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while not await asyncio.to_thread(holds):
        assert loop.time() - began_s < limit_s, f"not within {limit_s:g} s: {what}"
        await asyncio.sleep(0.1)
    return loop.time() - began_s
