"""Reads of an age that no mark has yet: in the shape of a current British mark, and so of no British vehicle.

Such a text is a misread, of the listed plate or of another, unless the plate is of another country that has
the same shape, or false. Where the listed plate is itself of such an age, as in an exercise whose marks are
nobody's, marks of such ages are about, and the age of the read tells nothing.
"""

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching import background, channel, issued
from anpr_match.matching.channel import LETTERS, Codes, Floats, Ints
from anpr_match.matching.packing import Indices

SHARE = 0.02
"""How common marks of an age not issued are on the road, beside those of one that is. Assumed: no British
vehicle has one, but Romania's plates are of the shape too (one of 41 counties, two digits, three letters). A
fiftieth is what it would be under the letters of a county if three in a thousand plates of the shape were
Romanian, which is supposed to be more than on most roads. Clones say nothing against it, for they copy a mark
that was issued; plates made up to deceive, or wrongly made, are rare. Less would change hardly anything: that
the read is a misread of yet another plate is left then."""

_CURRENT = background.shape_keys(channel.encode(["AA00AAA"]))


def _first_days() -> Ints:
    """By the codes of two characters the day (proleptic ordinal) from which that age identifier is issued;
    0 where they are no two digits, and never come for one that is not in the series."""
    days = np.zeros((LETTERS + 1, LETTERS + 1), np.int64)
    days[:10, :10] = date.max.toordinal() + 1
    for identifier, first in issued.identifiers(date.max).items():
        days[int(identifier[0]), int(identifier[1])] = first.toordinal()
    return days


_FIRST_DAY = _first_days()


def not_issued(codes: Codes, on: Ints) -> NDArray[np.bool_]:
    """Which of these texts (n) look like a current mark of an age that is not issued by their day `on` (n,
    proleptic ordinals)."""
    late: NDArray[np.bool_] = _FIRST_DAY[codes[:, 2], codes[:, 3]] > on
    # Mostly there is none, and the shape need not be looked at.
    return late & (background.shape_keys(codes) == _CURRENT) if late.any() else late


def log_shares(read: Codes, on: Ints, listed: Codes, with_: Indices) -> Floats:
    """For each pair (n) how common the text read is as another vehicle's plate, beside what its shape says
    (log): 0, or less where it is of an age that is not issued while the listed plate is not.

    `read` are the reads (r) as codes and `on` their days (proleptic ordinals); `listed` (n) are the plates
    that they are paired with, and `with_` (n) which read each is paired with.
    """
    shares, late = np.zeros(len(with_)), not_issued(read, on)
    if late.any():
        near = late[with_].nonzero()[0]
        alike = not_issued(listed[near], on[with_[near]])
        shares[near[~alike]] = math.log(SHARE)
    return shares
