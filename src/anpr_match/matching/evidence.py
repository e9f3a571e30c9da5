"""The pieces of evidence for one read and one listed plate, each with its weight.

The log-odds that the vehicle read is the vehicle listed are a weighted sum of features. Most features
are log-likelihood ratios already, so that a weight near 1 says "as computed" and one below it "these
errors come together, believe it less". The weights are fitted (see calibration.py) and lie in the model.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from anpr_match.domain.read import Candidate, Vehicle
from anpr_match.matching.channel import Floats
from anpr_match.matching.sightings import Sighting
from anpr_match.matching.travel import Way

TEXT = ("text", "text_high", "text_low")
SEEN = ("seen_1", "seen_2", "seen_3", "seen_odd")
OTHER_READINGS = ("reading_named", "reading_ratio", "reading_second", "reading_none")
SIGHTING = ("sighted_20min", "sighted_same_camera", "sighted_2h", "sighted_day", "sighted_before")
TRAVEL = ("travel_plausible", "travel_impossible")
FEATURES = (
    *("prior", "traffic", *TEXT, *SEEN, *OTHER_READINGS, "make", "colour", *SIGHTING, "characters"),
    *TRAVEL,
)
"""The columns of a row of evidence, in order."""

AT = {name: i for i, name in enumerate(FEATURES)}
TEXT_HIGH, TEXT_LOW = 8.0, 3.0
"""Where the line of the text's weight may bend: many errors at once are not independent."""
MAKE_RIGHT, COLOUR_RIGHT = 0.9, 0.85
"""How often a camera that tells make and colour tells them rightly: assumed, to be replaced by audits."""
DOUBT_MIN = 0.001
CHARACTERS_MAX = 3.0
"""How far (log) the confidence of single characters can move a ratio, before its weight."""
ASSUMED = {"characters": 0.5, "travel_plausible": 1.0, "travel_impossible": -3.0}
"""Weights of evidence that no data to fit it came with. Characters: half of what the figures say is
believed. Travel: a plausible drive at most trebles the odds that a sighting at an unknown place gives;
a vehicle that cannot have come here is twenty times unlikelier than one that nobody has seen."""
UNKNOWN_SHARE = 0.01
"""Share of vehicles of a make or colour that the model has never met."""
RATIO_FLOOR = math.log(1e-3)

MINUTES_20, HOURS_2, HOURS_24 = 1200.0, 7200.0, 86_400.0


TRAFFIC_MIN, TRAFFIC_MAX = -8.0, 4.0
"""No camera's rate of listed vehicles moves the log-odds further than this, times its weight. Further down
than up: long lists are mostly of vehicles that never come by, and a few that come often speak for few."""
LISTED_SHARE_MAX = 0.02
"""However long the list, no more than this share of reads is expected to be of listed vehicles, before any
have been counted: a list of a million is mostly of vehicles that never come by."""


def expected(passages: float, listed: int) -> float:
    """How often any one of so many listed plates is expected to pass, a read, before any have been counted;
    `passages` is how often one did where the weights were fitted."""
    return min(passages, LISTED_SHARE_MAX / max(listed, 1))


def traffic(passages: float, assumed: float) -> float:
    """How much more often a listed vehicle passes here than where the weights were fitted (log)."""
    return max(min(math.log(passages / assumed), TRAFFIC_MAX), TRAFFIC_MIN)


def text_columns(rows: Floats, ratio: Floats) -> None:
    """Fill in the text: `ratio` (n) is the log-likelihood ratio of the text, listed against others."""
    rows[:, AT["text"]] = ratio
    rows[:, AT["text_high"]] = np.maximum(ratio - TEXT_HIGH, 0)
    rows[:, AT["text_low"]] = np.minimum(ratio - TEXT_LOW, 0)


def seen_columns(rows: Floats, sources: NDArray[np.uint8], own_share: Floats) -> None:
    """Fill in how many sources (0 to 3) had seen this text before; it speaks for another vehicle as far as
    the text looks like a plate (`own_share`, 0-1), and far less when no such plate is issued. Each further
    source adds to those before it, so that with no weight of its own it never takes from them."""
    seen = sources.nonzero()[0]
    if len(seen):
        for least, name in enumerate(SEEN[:-1], 1):
            rows[seen, AT[name]] = np.where(sources[seen] >= least, own_share[seen], 0.0)
        rows[seen, AT["seen_odd"]] = 1 - own_share[seen]


def attribute_ratio(seen: str | None, listed: str | None, right: float, shares: Mapping[str, float]) -> float:
    """Log-likelihood ratio of what the camera says of make or colour; 0 when either side is silent."""
    if not seen or not listed:
        return 0.0
    seen, listed = seen.casefold(), listed.casefold()
    share = shares.get(seen, UNKNOWN_SHARE)
    return math.log(((right if seen == listed else 0.0) + (1 - right) * share) / share)


def vehicle_columns(
    row: Floats,
    vehicle: Vehicle | None,
    listed: tuple[str | None, str | None],
    shares: tuple[Mapping[str, float], Mapping[str, float]],
) -> None:
    """Fill in make and colour of one row."""
    if vehicle is not None:
        row[AT["make"]] = attribute_ratio(vehicle.make, listed[0], MAKE_RIGHT, shares[0])
        row[AT["colour"]] = attribute_ratio(vehicle.colour, listed[1], COLOUR_RIGHT, shares[1])


def other_readings_columns(
    row: Floats, candidates: Sequence[Candidate], texts: Sequence[str | None], listed: str
) -> None:
    """Fill in what the engine's alternatives say: whether the listed plate is one, how high, how sure.

    `texts` are the comparable forms of the candidates. A first candidate that repeats the read counts
    as the read; engines' scales are not comparable, so only ratios within one read are used. One that is
    surer than the first, which engines put first, says no more than one that is as sure.
    """
    if not candidates:
        return
    if listed not in texts:
        row[AT["reading_none"]] = 1
        return
    rank = texts.index(listed)
    row[AT["reading_named"]] = 1
    row[AT["reading_second"]] = rank <= 1
    first, named = candidates[0].confidence, candidates[rank].confidence
    if first and named is not None:
        row[AT["reading_ratio"]] = min(max(math.log(max(named, 1e-9) / first), RATIO_FLOOR), 0.0)


def characters_column(row: Floats, sure: Sequence[float], read: str, listed: str) -> None:
    """Fill in whether the characters that differ are those that the engine was unsure of.

    `sure` (0-1) are its confidences, one for each character of `read`; when they are not as many, they
    tell nothing. The doubt (1 - confidence) at the characters that differ is weighed against the mean
    doubt of the read, in log, since engines' scales are not comparable. Lost characters have none.
    """
    if not sure or len(sure) != len(read):
        return
    doubt = [max(1.0 - share, DOUBT_MIN) for share in sure]
    mean = sum(doubt) / len(doubt)
    differ = [edit.dest_pos for edit in Levenshtein.editops(listed, read) if edit.tag != "delete"]
    ratio = sum(math.log(doubt[place] / mean) for place in differ)
    row[AT["characters"]] = max(min(ratio, CHARACTERS_MAX), -CHARACTERS_MAX)


def sighting_columns(row: Floats, last: Sighting | None, camera_id: str, at: datetime) -> None:
    """Fill in when and where the listed plate was last surely seen. A sighting in the future of this
    read (a late read) counts by its distance in time."""
    if last is None:
        return
    age_s = abs((at - last.at).total_seconds())
    if age_s < MINUTES_20:
        row[AT["sighted_20min"]] = 1
        row[AT["sighted_same_camera"]] = camera_id == last.camera_id
    elif age_s < HOURS_2:
        row[AT["sighted_2h"]] = 1
    elif age_s < HOURS_24:
        row[AT["sighted_day"]] = 1
    else:
        row[AT["sighted_before"]] = 1


def travel_columns(row: Floats, way: Way | None) -> None:
    """Fill in whether the vehicle can have come from where it was last seen, after the sighting itself:
    one that is too far away is none that could speak for the match."""
    if way is None:
        return
    if way.is_possible:
        row[AT["travel_plausible"]] = way.nearness
    else:
        row[[AT[name] for name in SIGHTING]] = 0
        row[AT["travel_impossible"]] = 1


def vector(weights: Mapping[str, float]) -> Floats:
    """The weights in the order of FEATURES; a model made before there was such evidence gets what is
    assumed of it."""
    known = ASSUMED | dict(weights)
    return np.array([known[name] for name in FEATURES])
