"""The parts that routes need, and how a route gets at them."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from anpr_match.pipeline.acts import Acts
from anpr_match.pipeline.answers import Answers
from anpr_match.pipeline.deliver import Hub
from anpr_match.pipeline.ingest import Ingest
from anpr_match.pipeline.sessions import Sessions
from anpr_match.pipeline.together import Together
from anpr_match.pipeline.unanswered import Reports
from anpr_match.pipeline.watchlist import Watchlist
from anpr_match.ports.audit import Act, Audit
from anpr_match.ports.clock import Clock
from anpr_match.ports.deliveries import Deliveries
from anpr_match.ports.hit_store import HitStore
from anpr_match.ports.patrols import Patrols
from anpr_match.ports.registers import Registers
from anpr_match.ports.tickets import Tickets
from anpr_match.ports.wake_up import WakeUp
from anpr_match.telemetry.health import Health
from anpr_match.telemetry.metrics import Metrics
from anpr_match.web.callers import Callers
from anpr_match.web.frames import Frames
from anpr_match.web.limits import FeedLimits, Limits

ROLES = frozenset({"ingest", "match", "feed", "web", "archive"})


@dataclass(frozen=True, slots=True)
class Services:
    """What the composition root hands to `create_app`. `roles` decides which routes there are."""

    clock: Clock
    ingest: Ingest
    watchlist: Watchlist
    registers: Registers
    callers: Callers
    hits: HitStore
    patrols: Patrols
    acts: Acts
    answers: Answers
    reports: Reports
    audit: Audit
    tickets: Tickets
    deliveries: Deliveries
    sessions: Sessions
    disclosures: Together[Act]
    wake_up: WakeUp
    metrics: Metrics
    health: Health
    hub: Hub
    limits: Limits = field(default_factory=Limits)
    feed: FeedLimits = field(default_factory=FeedLimits)
    roles: frozenset[str] = ROLES
    frames: Frames = field(default_factory=Frames)


def of(connection: HTTPConnection) -> Services:
    """The parts behind the application that serves this request or websocket."""
    services = connection.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was not made by create_app")
    return services


async def _given(connection: HTTPConnection) -> Services:
    # FastAPI runs a dependency that is not async in a thread, at the cost of a whole request.
    return of(connection)


Parts = Annotated[Services, Depends(_given)]
"""The parts, as a route asks for them."""
