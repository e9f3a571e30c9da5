"""Which formats a plate fits as issued, and how densely plates of its kind are in use.

A weight, never a filter: a text that fits nothing is matched all the same, and one that fits is no
proof (a lost leading letter makes a valid prefix mark of most current ones).
"""

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from anpr_match.matching import foreign, issued, layouts
from anpr_match.matching.layouts import Layout
from anpr_match.matching.packing import LANE_BITS, LANES, Words

LICENSED = 41_200_000
"""Vehicles licensed in the United Kingdom at the end of 2023 (vehicle licensing statistics)."""

SHARES = {
    "current": 0.86,
    "prefix": 0.06,
    "suffix": 0.01,
    "dateless": 0.04,
    "northern_ireland": 0.0295,
    "q": 0.0005,
}
"""Share of each format among licensed vehicles: an assumption, no figures are published."""

_TAG_LETTERS = "ABCDEFGHKLMNOPRSVWY"
_UNUSED_TAG_WEIGHT = 0.02
"""First letters that no office uses are seen on personal marks only."""
_SURVIVAL_YEARS = 14.0
_PAIR_CODES = 1 << 2 * LANE_BITS
_LAYOUTS_MAX = 64


class Grammar:
    """The layouts as they stand on one day."""

    def __init__(self, on: date) -> None:
        self._british = layouts.british(on)
        others = [*layouts.special(), *layouts.crown_dependencies(), *layouts.ireland(on)]
        self._by_length: dict[int, list[Layout]] = {}
        for layout in (*self._british, *others, *foreign.european()):
            self._by_length.setdefault(len(layout.places), []).append(layout)
        self._places = _place_table(self._british)
        self._pairs = _pair_tables(self._british)
        self._densities = _format_densities(self._british)
        self._age_weight, self._tag_weight = _age_weights(on), _tag_weights()

    def layouts(self, length: int) -> Sequence[Layout]:
        """Every layout of so many characters."""
        return self._by_length.get(length, ())

    def formats(self, vrm: str) -> list[Layout]:
        """The layouts that a comparable plate fits as issued, one for each format and country."""
        found: dict[tuple[str, str], Layout] = {}
        for layout in self.layouts(len(vrm)):
            if layout.fits(vrm):
                found.setdefault((layout.format, layout.country), layout)
        return list(found.values())

    def british(self, words: Words) -> npt.NDArray[np.bool_]:
        """Which packed plates fit one of the legal layouts or a Q mark, as issued."""
        fits: npt.NDArray[np.bool_] = self._fitting(words) != 0
        return fits

    def density(self, words: Words) -> npt.NDArray[np.float64]:
        """For each packed plate the chance that a text of its kind is some vehicle's plate: existing
        over possible, summed over the formats it fits; 0 where it fits none."""
        fitting = self._fitting(words)
        density = np.zeros(len(words))
        for format_name, (bits, share) in self._densities.items():
            fits = (fitting & bits) != 0
            if format_name == "current":
                age = self._age_weight[_pair_code(words, 2)]
                density += np.where(fits, share * age * self._tag_weight[_pair_code(words, 0) & 63], 0)
            else:
                density += np.where(fits, share, 0)
        return density

    def _fitting(self, words: Words) -> Words:
        """One bit for each British layout that the plate fits."""
        fitting: Words = np.full(len(words), np.uint64(0xFFFFFFFFFFFFFFFF))
        for place in range(LANES):
            codes = (words >> np.uint64(LANE_BITS * place)) & np.uint64(63)
            fitting &= self._places[place][codes.view(np.intp)]
        for place, table in self._pairs:
            fitting &= table[_pair_code(words, place)]
        return fitting


def _pair_code(words: Words, place: int) -> npt.NDArray[np.intp]:
    pair = (words >> np.uint64(LANE_BITS * place)) & np.uint64(_PAIR_CODES - 1)
    return pair.view(np.intp)


def _place_table(british: Sequence[Layout]) -> npt.NDArray[np.uint64]:
    """(place, character code) to the layouts that allow it there; code 0 is the end of the text."""
    if len(british) > _LAYOUTS_MAX:
        raise ValueError(f"at most {_LAYOUTS_MAX} layouts fit the bits of one word")
    table = np.zeros((LANES, 1 << LANE_BITS), np.uint64)
    for bit, layout in enumerate(british):
        for place in range(LANES):
            allowed = layout.places[place] if place < len(layout.places) else "\0"
            for character in allowed:
                table[place, ord(character) & 63] |= np.uint64(1 << bit)
    return table


def _pair_tables(british: Sequence[Layout]) -> list[tuple[int, npt.NDArray[np.uint64]]]:
    """For each place that binds two neighbours, a table of the pair to the layouts that allow it."""
    everything = (1 << _LAYOUTS_MAX) - 1
    tables: dict[int, npt.NDArray[np.uint64]] = {}
    for bit, layout in enumerate(british):
        for pairs in layout.pairs:
            table = tables.setdefault(pairs.place, np.full(_PAIR_CODES, everything, np.uint64))
            listed = np.zeros(_PAIR_CODES, np.bool_)
            listed[[_code(text) for text in pairs.texts]] = True
            table[listed == pairs.never] &= np.uint64(everything ^ 1 << bit)
    return sorted(tables.items(), key=lambda item: item[0])


def _code(pair: str) -> int:
    return ord(pair[0]) & 63 | (ord(pair[1]) & 63) << LANE_BITS


def _format_densities(british: Sequence[Layout]) -> dict[str, tuple[np.uint64, float]]:
    """For each format its layouts' bits, and vehicles for each possible mark."""
    bits: dict[str, int] = {}
    possible: dict[str, float] = {}
    for bit, layout in enumerate(british):
        bits[layout.format] = bits.get(layout.format, 0) | 1 << bit
        marks = float(math.prod(len(allowed) for allowed in layout.places))
        for pairs in layout.pairs:
            free = len(layout.places[pairs.place]) * len(layout.places[pairs.place + 1])
            marks = marks * (free - len(pairs.texts) if pairs.never else len(pairs.texts)) / free
        possible[layout.format] = possible.get(layout.format, 0) + marks
    return {name: (np.uint64(bits[name]), LICENSED * SHARES[name] / possible[name]) for name in bits}


def _age_weights(on: date) -> npt.NDArray[np.float64]:
    """By age identifier (as a pair's code): vehicles of that age still on the road, mean 1."""
    ages = issued.identifiers(on)
    years = np.array([(on - first).days / 365.25 for first in ages.values()])
    alive = np.exp(-((years / _SURVIVAL_YEARS) ** 3))
    weights = np.zeros(_PAIR_CODES)
    if len(ages):
        weights[[_code(age) for age in ages]] = alive / alive.mean()
    return weights


def _tag_weights() -> npt.NDArray[np.float64]:
    """By the code of a current mark's first letter, mean 1 over the letters that the rules allow."""
    weights = np.zeros(1 << LANE_BITS)
    for letter in "ABCDEFGHJKLMNOPRSTUVWXY":
        weights[ord(letter) & 63] = 1.0 if letter in _TAG_LETTERS else _UNUSED_TAG_WEIGHT
    weights /= weights[weights > 0].mean()
    return weights
