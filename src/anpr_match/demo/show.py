"""The demonstration as one service with three more parts: traffic, the story, and the welcome."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from anpr_match.bootstrap import service as running
from anpr_match.demo import access as accesses
from anpr_match.demo.access import Access
from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.simulate import places, play, traffic
from anpr_match.simulate.door import Desk, DoorsByForce, ReadsDoor
from anpr_match.telemetry.health import Health
from anpr_match.web.ui.pages import DemoSession

TRAFFIC_READS_PER_S = 12.0
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Options:
    """`folder` keeps everything; the same `seed` tells the same story. `welcome` is called once, in
    a thread, with the address and the tokens when all is ready."""

    folder: Path
    seed: int
    welcome: Callable[[str, Access], None]


async def run(opened: AbstractAsyncContextManager[running.Service], options: Options) -> None:
    """Show it until SIGTERM or SIGINT. Raises what made it fail."""
    async with opened as service:
        show = await Show.prepare(service, options)
        service.supervisor.add("traffic", show.traffic)
        service.supervisor.add("story", show.story)
        service.supervisor.add("welcome", show.welcome)
        with running.stopped_by_signals(service.supervisor):
            await service.supervisor.run()


class Show:
    """The parts that a demonstration adds to the service. They come in by its doors, as others do."""

    def __init__(self, health: Health, url: str, access: Access, clock: Clock, options: Options) -> None:
        self._health = health
        self._url = url
        self._access = access
        self._clock = clock
        self._options = options
        self._story = play.Story(options.seed)

    @classmethod
    async def prepare(cls, service: running.Service, options: Options) -> "Show":
        clock = service.stores.clock
        url = f"http://127.0.0.1:{service.server.port}"
        access = await accesses.prepare(service.stores.registers, clock, options.folder)
        accesses.write(options.folder, url, access)
        service.app.state.demo_session = DemoSession(places.UNITS[0], access.tokens["patrol"])
        return cls(service.health, url, access, clock, options)

    async def traffic(self, stop: asyncio.Event) -> None:
        await self._ready(stop)
        stream = traffic.Traffic(self._options.seed, list(places.FORCE_OF))
        await traffic.pour(stop, stream, self._doors(), self._clock, TRAFFIC_READS_PER_S)

    async def story(self, stop: asyncio.Event) -> None:
        await self._ready(stop)
        desk = Desk(self._url, self._access.tokens["analyst"])
        await self._story.tell(stop, play.Stage(self._doors(), desk, self._clock))

    async def welcome(self, stop: asyncio.Event) -> None:
        await self._ready(stop)
        if not stop.is_set():
            await asyncio.to_thread(self._options.welcome, self._url, self._access)
        await stop.wait()

    def _doors(self) -> DoorsByForce:
        doors = {force: ReadsDoor(self._url, token) for force, token in self._access.gateways.items()}
        return DoorsByForce(doors, places.FORCE_OF)

    async def _ready(self, stop: asyncio.Event) -> None:
        """Return when every check of the service holds, or at a stop."""
        while not stop.is_set():
            findings = await self._health.findings()
            if all(finding.ok for finding in findings.values()):
                return
            await pause(stop, LOOK_S)
