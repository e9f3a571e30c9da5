"""The most that the slower evidence could still add to what the texts say of a pair.

Looks, other readings and sightings are looked up one by one. A read of which no pair could become a
match even with the best of them is dropped before; so nothing that would be reported is lost.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Read
from anpr_match.matching import evidence
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import AT
from anpr_match.matching.model import Model


class Ceiling:
    """Bounds in log-odds, by the weights of a model."""

    def __init__(self, model: Model) -> None:
        weights = dict(zip(AT, evidence.vector(model.weights).tolist(), strict=True))
        self._looks = _attribute(weights["make"], evidence.MAKE_RIGHT, model.makes)
        self._looks += _attribute(weights["colour"], evidence.COLOUR_RIGHT, model.colours)
        self._readings = _readings(weights)
        self._characters = abs(weights["characters"]) * evidence.CHARACTERS_MAX
        soon, same = weights["sighted_20min"], weights["sighted_same_camera"]
        later = (weights["sighted_2h"], weights["sighted_day"], weights["sighted_before"])
        self.sighting = max(0.0, soon, soon + same, *later) + max(0.0, weights["travel_plausible"])
        self.sighting = max(self.sighting, weights["travel_impossible"])

    def above(self, reads: Sequence[Read], sighted: NDArray[np.bool_]) -> Floats:
        """The most that is to come of the pairs of these reads, by what came with each; `sighted`: which
        of the listed plates may have been sighted."""
        most: Floats = np.array([self._of_read(read) for read in reads])
        most += np.where(sighted, self.sighting, 0.0)
        return most

    def _of_read(self, read: Read) -> float:
        looks = self._looks if read.vehicle is not None else 0.0
        readings = self._readings if read.candidates else 0.0
        return looks + readings + (self._characters if read.char_confidence else 0.0)


def _attribute(weight: float, right: float, shares: Mapping[str, float]) -> float:
    rarest = min(evidence.UNKNOWN_SHARE, *shares.values()) if shares else evidence.UNKNOWN_SHARE
    agree, differ = math.log((right + (1 - right) * rarest) / rarest), math.log(1 - right)
    return max(0.0, weight * agree, weight * differ)


def _readings(weights: Mapping[str, float]) -> float:
    # The ratio of two confidences has no upper end: with a positive weight nothing can be ruled out.
    ratio = math.inf if weights["reading_ratio"] > 0 else weights["reading_ratio"] * evidence.RATIO_FLOOR
    named = weights["reading_named"] + max(0.0, weights["reading_second"]) + ratio
    return max(0.0, weights["reading_none"], named)
