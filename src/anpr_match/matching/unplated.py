"""Entries without a plate: patterns, and vehicles known by their looks alone."""

from collections.abc import Iterable, Sequence

from anpr_match.domain.read import Vehicle
from anpr_match.domain.watchlist import Entry
from anpr_match.matching.descriptions import DescriptionSet
from anpr_match.matching.normalise import normalise_pattern
from anpr_match.matching.packing import Packed
from anpr_match.matching.patterns import PatternSet


class Unplated:
    """Immutable. An entry with a pattern is found by that; its description is the matcher's to weigh."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._patterned: list[Entry] = []
        patterns: list[str] = []
        described: list[Entry] = []
        for entry in entries:
            pattern = normalise_pattern(entry.terms.pattern).vrm if entry.terms.pattern else None
            if pattern:
                self._patterned.append(entry)
                patterns.append(pattern)
            elif not entry.terms.pattern:
                described.append(entry)
        self._patterns = PatternSet(patterns)
        self._descriptions = DescriptionSet(described)
        self.has_descriptions = bool(described)

    @property
    def has_patterns(self) -> bool:
        return bool(self._patterned)

    def find_patterns(self, vrms: Sequence[str], packed: Packed) -> list[tuple[int, Entry]]:
        """(position in `vrms`, entry) of every pattern that fits."""
        found = self._patterns.find(vrms, packed)
        pairs = zip(found.read.tolist(), found.pattern.tolist(), strict=True)
        return [(read, self._patterned[pattern]) for read, pattern in pairs]

    def find_described(self, vehicles: Sequence[Vehicle | None]) -> list[tuple[int, Entry]]:
        """(position in `vehicles`, entry) of every description that fits."""
        return self._descriptions.find(vehicles)
