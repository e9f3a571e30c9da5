"""Whether a vehicle can have driven here from where it was last surely seen, in the time it had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from anpr_match.domain.routing import Place
from anpr_match.domain.sighting import MOVED_KM, Rules
from anpr_match.matching.sightings import Sighting

NOWHERE: Mapping[str, Place] = MappingProxyType({})
"""Cameras of which nobody knows where they stand."""
ROAD_FACTOR = 1.3
"""A drive is about so much longer than the straight line."""
DRIVEN_KMH = 130.0
"""What a car may drive on a road for some while; up to what none can there is room for doubt."""
SOON_S = 7200.0
"""After two hours a vehicle may be anywhere, and that it may be here says nothing."""
NEAR_KM, RECENT_S = 20.0, 1800.0
"""At this distance by road, or after this time, nearness is half of what it was at most."""
USUAL = Rules()


@dataclass(frozen=True, slots=True)
class Way:
    """From the last sure sighting of a plate to a read: the straight line, and the time (negative when
    the read came in late and was captured before)."""

    km: float
    time_s: float
    rules: Rules = USUAL

    @property
    def is_possible(self) -> bool:
        """Whether any car could, by the rule that tells two vehicles with one plate apart: clocks and
        places may be off."""
        return self.km <= self.rules.slack_km + self.rules.fastest_kmh * abs(self.time_s) / 3600

    @property
    def nearness(self) -> float:
        """How much the way speaks for the vehicle: 1 for just now and just there, less the further and
        the longer ago, and 0 for what is no plausible drive."""
        road_km, time_s = ROAD_FACTOR * self.km, abs(self.time_s)
        if time_s >= SOON_S or road_km > DRIVEN_KMH * time_s / 3600:
            return 0.0
        return 1 / (1 + road_km / NEAR_KM + time_s / RECENT_S)


def way(last: Sighting | None, here: Place | None, at: datetime, rules: Rules = USUAL) -> Way | None:
    """The way from the last sighting to a read; None when a place of the two is not known, or both
    are one place."""
    if last is None or last.place is None or here is None:
        return None
    km = last.place.km_to(here)
    return Way(km, (at - last.at).total_seconds(), rules) if km > MOVED_KM else None
