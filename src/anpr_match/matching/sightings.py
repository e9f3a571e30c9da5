"""Where and when each listed plate was last surely seen, and how often listed vehicles pass at all."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

PLATES_MAX = 100_000


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
        self._chances = 0.0
        self._exact = 0

    def last(self, vrm: str) -> Sighting | None:
        """The last sure sighting of this listed plate."""
        return self._last.get(vrm)

    def note(self, vrm: str, sighting: Sighting) -> None:
        """Remember a sure sighting."""
        self._last[vrm] = sighting
        self._last.move_to_end(vrm)
        if len(self._last) > self._plates_max:
            self._last.popitem(last=False)

    def count(self, reads: int, listed: int, exact: int) -> None:
        """So many reads went against a list of `listed` plates, and so many were exact hits."""
        self._chances += float(reads) * listed
        self._exact += exact

    def passages(self, assumed: float, weight: float) -> float:
        """The chance that a read is of one given listed plate: exact hits a read and listed plate,
        drawn towards `assumed`, which counts as much as `weight` exact hits."""
        return (weight + self._exact) / (weight / assumed + self._chances)
