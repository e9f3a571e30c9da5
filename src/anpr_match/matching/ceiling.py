"""The most that the slower evidence could still add to what the texts say of a pair.

Looks, other readings and sightings are looked up one by one. A read of which no pair could become a
match even with the best of them is dropped before; so nothing that would be reported is lost.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from anpr_match.domain.read import Vehicle
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import evidence
from anpr_match.matching.batch import Said
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import AT
from anpr_match.matching.model import Model


class Ceiling:
    """Bounds in log-odds, by the weights of a model."""

    def __init__(self, model: Model) -> None:
        weights = dict(zip(AT, evidence.vector(model.weights).tolist(), strict=True))
        self._model = model
        self._make, self._colour = weights["make"], weights["colour"]
        self.looks = _attribute(self._make, evidence.MAKE_RIGHT, model.makes)
        self.looks += _attribute(self._colour, evidence.COLOUR_RIGHT, model.colours)
        self._readings = _readings(weights)
        self._characters = abs(weights["characters"]) * evidence.CHARACTERS_MAX
        soon, same = weights["sighted_20min"], weights["sighted_same_camera"]
        later = (weights["sighted_2h"], weights["sighted_day"], weights["sighted_before"])
        self.sighting = max(0.0, soon, soon + same, *later) + max(0.0, weights["travel_plausible"])
        self.sighting = max(self.sighting, weights["travel_impossible"])

    def above(self, said: Said) -> Floats:
        """The most that is to come of the pairs of reads with which this came; a sighting of the listed
        plate can add `sighting` to that."""
        parts = (said.looks, self.looks), (said.readings, self._readings), (said.characters, self._characters)
        return sum((np.where(came, most, 0.0) for came, most in parts), np.zeros(len(said.looks)))

    def lower(self, vehicle: Vehicle | None, entries: Iterable[Entry]) -> float:
        """How far below `looks` the looks of a vehicle leave the best of these entries; infinitely, if there
        are none. Dearer than a bound, and for the few that pass it."""
        if vehicle is None:
            return self.looks
        makes, colours = self._model.makes, self._model.colours
        best = -math.inf
        for terms in (entry.terms for entry in entries):
            make = evidence.attribute_ratio(vehicle.make, terms.make, evidence.MAKE_RIGHT, makes)
            colour = evidence.attribute_ratio(vehicle.colour, terms.colour, evidence.COLOUR_RIGHT, colours)
            best = max(best, self._make * make + self._colour * colour)
        return self.looks - best


def _attribute(weight: float, right: float, shares: Mapping[str, float]) -> float:
    rarest = min(evidence.UNKNOWN_SHARE, *shares.values()) if shares else evidence.UNKNOWN_SHARE
    agree, differ = math.log((right + (1 - right) * rarest) / rarest), math.log(1 - right)
    return max(0.0, weight * agree, weight * differ)


def _readings(weights: Mapping[str, float]) -> float:
    ratio = max(0.0, weights["reading_ratio"] * evidence.RATIO_FLOOR)
    named = weights["reading_named"] + max(0.0, weights["reading_second"]) + ratio
    return max(0.0, weights["reading_none"], named)
