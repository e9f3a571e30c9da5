"""Where and when each listed plate was last surely seen, and how often listed vehicles pass at all."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

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


class RecentSightings:
    """The last sighting of each listed plate, at most `plates_max` of them (the oldest is forgotten).

    It also counts reads, list sizes and exact hits, from which `passages` estimates how often an
    average listed vehicle passes. It holds personal data of listed vehicles only.
    """

    def __init__(self, plates_max: int = PLATES_MAX) -> None:
        self._plates_max = plates_max
        self._last: OrderedDict[str, Sighting] = OrderedDict()
        self._chances: Counter[str] = Counter()
        self._exact: Counter[str] = Counter()
        self._reads = 0
        self._open: dict[int, _Block] = {}
        self._rated: tuple[int, dict[str, float]] | None = None

    def last(self, vrm: str) -> Sighting | None:
        """The last sure sighting of this listed plate."""
        return self._last.get(vrm)

    def note(self, vrm: str, sighting: Sighting) -> None:
        """Remember a sure sighting."""
        self._last[vrm] = sighting
        self._last.move_to_end(vrm)
        if len(self._last) > self._plates_max:
            self._last.popitem(last=False)

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

    def _block(self, number: int) -> "_Block":
        block = number // BLOCK_READS
        if block not in self._open:
            self._open[block] = _Block()
        return self._open[block]


@dataclass(frozen=True, slots=True)
class _Block:
    """What was counted in one block of reads: chances (reads times listed plates) and exact hits."""

    chances: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)
