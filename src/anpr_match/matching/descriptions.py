"""Vehicles of interest known by their looks alone: make, model, colour, type."""

from collections.abc import Iterable, Sequence

from anpr_match.domain.read import Vehicle
from anpr_match.domain.watchlist import Entry

_Looks = tuple[str | None, str | None, str | None, str | None]


def _folded(text: str | None) -> str | None:
    """Compared without case and spaces at the ends; nothing said is unknown."""
    return text.strip().casefold() or None if text else None


def _looks(of: Vehicle | Entry) -> _Looks:
    said = of.terms if isinstance(of, Entry) else of
    return _folded(said.make), _folded(said.model), _folded(said.colour), _folded(said.type)


class DescriptionSet:
    """Immutable. An entry fits a vehicle when all that it says of it was seen, and the same."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_mask: dict[tuple[bool, ...], dict[_Looks, list[Entry]]] = {}
        for entry in entries:
            looks = _looks(entry)
            mask = tuple(part is not None for part in looks)
            if any(mask):
                self._by_mask.setdefault(mask, {}).setdefault(looks, []).append(entry)

    def find(self, vehicles: Sequence[Vehicle | None]) -> list[tuple[int, Entry]]:
        """(position in `vehicles`, entry) of all that fit; None is a vehicle of which nothing is known."""
        found: list[tuple[int, Entry]] = []
        if not self._by_mask:
            return found
        for position, vehicle in enumerate(vehicles):
            if vehicle is None:
                continue
            make, model, colour, kind = _looks(vehicle)
            for mask, entries in self._by_mask.items():
                wanted = (
                    make if mask[0] else None,
                    model if mask[1] else None,
                    colour if mask[2] else None,
                    kind if mask[3] else None,
                )
                found.extend((position, entry) for entry in entries.get(wanted, ()))
        return found
