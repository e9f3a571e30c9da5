"""Whether any hit is left over, and how many of them each unit gets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from anpr_match.domain.handling import Status
from anpr_match.domain.hit import passing_id
from anpr_match.domain.routing import Addressee
from anpr_match.domain.sharing import may_see
from anpr_match.domain.unit import Shift, Unit
from anpr_match.ports.act_store import ActStore, Standing
from anpr_match.ports.clock import Clock

OVERDUE_AFTER_S = 30.0
"""A step that is later than this says that nobody takes steps: no process with the role archive runs."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
HITS_MAX = 20_000
BUDGET_10_MIN = 1
FLOOD_10_MIN = 10
"""EEMUA 191: one alarm in ten minutes can be dealt with steadily; ten in ten minutes are a flood."""
NOISIEST_MAX = 3


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Hits of one status (open, whenever they came; or expired, of the last `days`), the oldest first,
    and what became of all hits of the last `days`. `overdue` open ones should have gone wider or expired
    by now, and did not."""

    items: Sequence[Standing]
    tally: Mapping[Status, int]
    overdue: int
    days: float


@dataclass(frozen=True, slots=True)
class Load:
    """Cards sent to one unit: one passing of one vehicle is one card. `noisiest` are the entries with the
    most cards in the last hour."""

    unit: Unit
    last_10_min: int
    last_hour: int
    noisiest: Sequence[tuple[str, int]]

    @property
    def state(self) -> str:
        """steady, over (the budget of one in ten minutes over the last hour), or flood."""
        if self.last_10_min >= FLOOD_10_MIN:
            return "flood"
        return "over" if self.last_hour > 6 * BUDGET_10_MIN else "steady"


class Reports:
    def __init__(self, store: ActStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def unanswered(self, status: Status, days: float, limit: int, force: str | None) -> Unanswered:
        """`force` narrows the items to those that it may see; the counts are of all."""
        now = self._clock.now()
        since = now - timedelta(days=days)
        found = await self._store.standing(status, EVER if status is Status.OPEN else since, HITS_MAX)
        late = now - timedelta(seconds=OVERDUE_AFTER_S)
        overdue = [one for one in found if status is Status.OPEN and _is_overdue(one, late)]
        items = [one for one in found if force is None or may_see(force, one.owner_force, one.shared_with)]
        return Unanswered(items[:limit], await self._store.tally(since), len(overdue), days)

    async def load(self, unit: Unit, shift: Shift | None) -> Load:
        """Of the last hour, by the forces and operations that the hits were addressed to. Late hits never
        sound and are not counted."""
        now = self._clock.now()
        operations = shift.operations if shift else ()
        sightings: dict[str, Standing] = {}
        for one in await self._store.announced(now - timedelta(hours=1), HITS_MAX):
            seen = may_see(unit.force, one.owner_force, one.shared_with)
            if seen and _addressed(one, unit.force, operations):
                # The newest come first: what stays is the first read of each.
                sightings[one.sighting_id] = one
        cards = {passing_id(sighting_id): one for sighting_id, one in sightings.items()}
        recent = [one for one in cards.values() if one.recorded_at >= now - timedelta(minutes=10)]
        entries = Counter(one.entry_id for one in sightings.values())
        return Load(unit, len(recent), len(cards), entries.most_common(NOISIEST_MAX))


def _is_overdue(one: Standing, late: datetime) -> bool:
    return one.next_step_at is None or one.next_step_at < late


def _addressed(one: Standing, force: str, operations: Sequence[str]) -> bool:
    routing = one.state.routing
    if routing is None or one.captured_at < one.recorded_at - timedelta(minutes=10):
        return False
    listeners = [Addressee(force), *(Addressee(force, operation_id=one) for one in operations)]
    return any(routing.addresses(listener) for listener in listeners)
