"""Areas of the map that a unit asks for: the inside of a polygon, or what is near a point."""

from dataclasses import dataclass

from anpr_match.domain.routing import Place


@dataclass(frozen=True, slots=True)
class Polygon:
    """The inside of a ring of places. Its sides are straight in degrees, as on the map, and it does not
    cross the meridian of 180 degrees. First and last place may be the same."""

    ring: tuple[Place, ...]

    def holds(self, place: Place) -> bool:
        """Whether the place lies inside: a line from it to the east then crosses an odd number of sides."""
        inside = False
        before = self.ring[-1]
        for corner in self.ring:
            if (corner.lat > place.lat) != (before.lat > place.lat):
                share = (place.lat - corner.lat) / (before.lat - corner.lat)
                if place.lon < corner.lon + share * (before.lon - corner.lon):
                    inside = not inside
            before = corner
        return inside


@dataclass(frozen=True, slots=True)
class Circle:
    """What lies within `within_km` over the ground."""

    middle: Place
    within_km: float

    def holds(self, place: Place) -> bool:
        return self.middle.km_to(place) <= self.within_km
