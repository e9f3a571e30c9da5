"""What a subscription wants of what it may see. Points are [lon, lat], as in GeoJSON."""

from typing import Annotated, Literal

import msgspec

from anpr_match.domain.area import Circle, Polygon
from anpr_match.domain.event import Event, Kind
from anpr_match.domain.routing import Place

RING_POINTS_MAX = 500

Lon = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Point = tuple[Lon, Lat]
Ring = Annotated[list[Point], msgspec.Meta(min_length=3, max_length=RING_POINTS_MAX)]
Words = frozenset[Annotated[str, msgspec.Meta(max_length=200)]]


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A GeoJSON polygon without holes."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], msgspec.Meta(min_length=1, max_length=1)]

    def polygon(self) -> Polygon:
        return Polygon(tuple(Place(lat, lon) for lon, lat in self.coordinates[0]))


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None is everything. `priority` is the least urgent that is wanted (1 is the most urgent).

    `area` and `within_km` look at where the read was made; `within_km` counts from `point`, else from
    where the unit is. With both, both must hold. `addressed`: only what is addressed to this listener.
    """

    forces: Words | None = None
    categories: Words | None = None
    operations: Words | None = None
    tiers: frozenset[Literal["exact", "probable", "possible"]] | None = None
    priority: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None
    area: Area | None = None
    within_km: Annotated[float, msgspec.Meta(gt=0, le=1_000)] | None = None
    point: Point | None = None
    addressed: bool = False

    def __post_init__(self) -> None:
        if self.point is not None and self.within_km is None:
            raise ValueError("`point` needs `within_km`")

    def wants(self, event: Event) -> bool:
        """Whether the event passes, apart from areas and addressees."""
        return (
            (self.forces is None or event.owner_force in self.forces)
            and (self.categories is None or event.category in self.categories)
            and (self.operations is None or event.operation_id in self.operations)
            and (self.tiers is None or event.tier in self.tiers)
            and (self.priority is None or event.priority <= self.priority)
        )

    @property
    def by_place(self) -> bool:
        return self.area is not None or self.within_km is not None


class Where:
    """The areas of a subscription, ready for use."""

    def __init__(self, filters: Filters) -> None:
        self._polygon = filters.area.polygon() if filters.area else None
        self._within_km = filters.within_km
        self._point = Place(filters.point[1], filters.point[0]) if filters.point else None

    def holds(self, event: Event, unit: Place | None) -> bool | None:
        """Whether the event lies within the areas; None when that cannot be told, since nobody knows
        where it was read or where the unit is.

        A circle around the unit moves: news of a hit passes it wherever it was, for the car may hold the
        hit from when it was near.
        """
        if event.place is None:
            return None
        if self._polygon is not None and not self._polygon.holds(event.place):
            return False
        if self._within_km is None or (self._point is None and event.kind is not Kind.HIT):
            return True
        middle = self._point or unit
        return None if middle is None else Circle(middle, self._within_km).holds(event.place)
