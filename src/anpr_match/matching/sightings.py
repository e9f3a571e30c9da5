"""Where and when each listed plate was last surely seen, and how often listed vehicles pass at all."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

PLATES_MAX = 100_000
ASSUMED_WEIGHT = 50.0
OVERALL_WEIGHT = 5.0
"""How many exact hits the assumed rate counts for, and the rate of all cameras for one of them."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last sure sighting of a listed plate: an exact read, or a fuzzy one that was next to sure."""

    camera_id: str
    at: datetime


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

    def last(self, vrm: str) -> Sighting | None:
        """The last sure sighting of this listed plate."""
        return self._last.get(vrm)

    def note(self, vrm: str, sighting: Sighting) -> None:
        """Remember a sure sighting."""
        self._last[vrm] = sighting
        self._last.move_to_end(vrm)
        if len(self._last) > self._plates_max:
            self._last.popitem(last=False)

    def count(self, reads: Mapping[str, int], listed: int, exact: Mapping[str, int]) -> None:
        """So many reads of each camera went against a list of `listed` plates, so many exact hits."""
        for camera_id, number in reads.items():
            self._chances[camera_id] += number * listed
        self._exact.update(exact)

    def passages(self, assumed: float) -> dict[str, float]:
        """The chance that a read is of one given listed plate, for each camera counted: its exact hits
        a read and listed plate, drawn towards all cameras' rate, which is drawn towards `assumed`."""
        exact, chances = self._exact.total(), self._chances.total()
        overall = (ASSUMED_WEIGHT + exact) / (ASSUMED_WEIGHT / assumed + chances)
        return {
            camera_id: (OVERALL_WEIGHT + self._exact[camera_id]) / (OVERALL_WEIGHT / overall + own)
            for camera_id, own in self._chances.items()
        } | {"": overall}
