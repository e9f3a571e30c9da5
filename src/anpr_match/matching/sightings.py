"""Where and when each listed plate was last surely seen, and how often listed vehicles pass at all."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypeVar

import numpy as np

from anpr_match.domain.routing import Place
from anpr_match.matching.batch import Cameras

PLATES_MAX = 100_000
BLOCK_READS = 10_000
"""How many reads in a row are weighed by the same rates."""
ASSUMED_WEIGHT = 50.0
OVERALL_WEIGHT = 5.0
"""How many exact hits the assumed rate counts for, and the rate of all cameras for one of them."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last sure sighting of a listed plate: an exact read, or a fuzzy one that was next to sure.
    `place` is where that was, as far as known."""

    camera_id: str
    at: datetime
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """What was counted in one block of reads: chances (reads times listed plates) and exact hits."""

    chances: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class State:
    """All that there is to keep over a restart. `hashed` are sightings from before the last one, by the
    keyed hash of their plate, and older than those in `last`, by plate; each with the oldest first."""

    hashed: OrderedDict[bytes, Sighting]
    last: OrderedDict[str, Sighting]
    reads: int
    chances: Counter[str]
    exact: Counter[str]
    open: dict[int, Block]


class RecentSightings:
    """The last sighting of each listed plate, at most `plates_max` of them (the oldest is forgotten).

    It also counts reads, list sizes and exact hits, from which `passages` estimates how often an
    average listed vehicle passes. It holds personal data of listed vehicles only.
    """

    def __init__(self, plates_max: int = PLATES_MAX) -> None:
        self._plates_max = plates_max
        self._last: OrderedDict[str, Sighting] = OrderedDict()
        self._hashed: OrderedDict[bytes, Sighting] = OrderedDict()
        self._keyed: Callable[[str], bytes] = str.encode
        self._chances: Counter[str] = Counter()
        self._exact: Counter[str] = Counter()
        self._reads = 0
        self._open: dict[int, Block] = {}
        self._rated: tuple[int, dict[str, float]] | None = None

    def last(self, vrm: str) -> Sighting | None:
        """The last sure sighting of this listed plate."""
        found = self._last.get(vrm)
        if found is None and self._hashed:
            found = self._hashed.get(self._keyed(vrm))
        return found

    def note(self, vrm: str, sighting: Sighting) -> None:
        """Remember a sure sighting."""
        self._last[vrm] = sighting
        self._last.move_to_end(vrm)
        if self._hashed:
            self._hashed.pop(self._keyed(vrm), None)
        if len(self._last) + len(self._hashed) > self._plates_max:
            (self._hashed or self._last).popitem(last=False)

    def forget(self, before: datetime) -> None:
        """Forget the sightings of before that time."""
        _forget(self._hashed, before)
        _forget(self._last, before)

    def state(self) -> State:
        """A copy of all that there is to keep, which does not change with what is noted from now on."""
        return State(
            hashed=self._hashed.copy(),
            last=self._last.copy(),
            reads=self._reads,
            chances=self._chances.copy(),
            exact=self._exact.copy(),
            open={number: Block(one.chances.copy(), one.exact.copy()) for number, one in self._open.items()},
        )

    @classmethod
    def recalled(cls, state: State, keyed: Callable[[str], bytes], plates_max: int = PLATES_MAX) -> Self:
        """The sightings of a state in which all plates are hashed; `keyed` makes the hash of a plate."""
        made = cls(plates_max)
        made._hashed, made._keyed = state.hashed, keyed
        made._reads, made._open = state.reads, state.open
        made._chances, made._exact = state.chances, state.exact
        return made

    def begin(self, cameras: Cameras, listed: int) -> int:
        """Reads of these cameras go against a list of `listed` plates now; the number of the first."""
        first, self._reads = self._reads, self._reads + len(cameras.of)
        for start in range(first - first % BLOCK_READS, self._reads, BLOCK_READS):
            own = np.bincount(cameras.of[max(start - first, 0) : start + BLOCK_READS - first])
            chances = self._block(start).chances
            for number in own.nonzero()[0].tolist():
                chances[cameras.ids[number]] += int(own[number]) * listed
        return first

    def exact(self, camera_id: str, number: int) -> None:
        """The read of this number was an exact hit."""
        self._block(number).exact[camera_id] += 1

    def passages(self, number: int, assumed: float) -> dict[str, float]:
        """The chance that a read is of one given listed plate, for each camera counted: its exact hits
        a read and listed plate, drawn towards all cameras' rate, which is drawn towards `assumed`; all
        cameras' rate under "". Counted are the blocks before that of read `number`, and numbers must
        not go back: so the rates do not depend on how a stream is cut into batches."""
        block = number // BLOCK_READS
        if self._rated is None or self._rated[0] != block:
            for done in [other for other in self._open if other < block]:
                self._chances.update(self._open[done].chances)
                self._exact.update(self._open.pop(done).exact)
            self._rated = block, self._rates(assumed)
        return self._rated[1]

    def _rates(self, assumed: float) -> dict[str, float]:
        exact, chances = self._exact.total(), self._chances.total()
        overall = (ASSUMED_WEIGHT + exact) / (ASSUMED_WEIGHT / assumed + chances)
        return {
            camera_id: (OVERALL_WEIGHT + self._exact[camera_id]) / (OVERALL_WEIGHT / overall + own)
            for camera_id, own in self._chances.items()
        } | {"": overall}

    def _block(self, number: int) -> Block:
        block = number // BLOCK_READS
        if block not in self._open:
            self._open[block] = Block()
        return self._open[block]


_Plate = TypeVar("_Plate", str, bytes)


def _forget(kept: OrderedDict[_Plate, Sighting], before: datetime) -> None:
    for plate in [plate for plate, sighting in kept.items() if sighting.at < before]:
        del kept[plate]
