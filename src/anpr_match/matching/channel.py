"""The noisy channel: how likely a camera is to read one text when the plate says another.

A plate passes through the camera character by character: each is read right, read as another, or lost,
and characters can be added before, between and after (screws, borders, bands). Cameras do not swap
neighbours, so there is no transposition (Oliveira-Neto and others, Transportation Research C 21, 2012).
Errors come in company: a dirty plate or a bad picture spoils several characters. So a read is in one of
a few *states* (clean, fair, bad), each with its own multiple of the character error rates. The sum over
all alignments is the probability (forward algorithm of a pair hidden Markov model).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = len(ALPHABET)
LOST = LETTERS
"""Column of `Channel.outcome` that stands for a lost character, and the code that pads short texts."""
LENGTH_MAX = 12
"""Longer texts are compared exactly only."""
FIRST, INNER, LAST = range(3)
PLACES = 3

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_CODE = np.full(256, LOST, np.uint8)
_CODE[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(LETTERS, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Channel:
    """One camera's error rates. Arrays are by character code 0-35, by place (first, inner, last) and
    by state.

    `slip` (36): chance that a character goes wrong, at severity 1. `outcome` (36, 37): what then
    becomes of it: another character, or lost. `edge` (3): multiples of `slip` by place; `loss_edge`
    (3) of the share that is lost. `added` (3): chance of an added character before, in a gap, and
    after; `added_as` (36): which one. `severity` (states): multiple of all error rates.
    """

    slip: Floats
    outcome: Floats
    edge: Floats
    loss_edge: Floats
    added: Floats
    added_as: Floats
    severity: Floats


def stack(channels: Sequence[Channel]) -> Channel:
    """Several channels as one with a leading axis, so that a batch of many cameras is one call."""
    fields = Channel.__dataclass_fields__
    return Channel(**{name: np.stack([getattr(c, name) for c in channels]) for name in fields})


def encode(texts: Sequence[str]) -> Codes:
    """Codes (n, LENGTH_MAX) padded with LOST. Texts must be A-Z0-9 and at most LENGTH_MAX long."""
    raw = np.array(texts, dtype=f"S{LENGTH_MAX}") if len(texts) else np.empty(0, f"S{LENGTH_MAX}")
    return _CODE[raw.view(np.uint8).reshape(len(raw), LENGTH_MAX)]


def lengths(codes: Codes) -> Ints:
    """How many characters each text has."""
    counted: Ints = (codes != LOST).sum(axis=1)
    return counted


def likelihood(stacked: Channel, which: Ints, read: Codes, plate: Codes) -> Floats:
    """P(read | plate, state) for each pair: (states, n).

    `which` (n) says which of the stacked channels each pair came through; `read` and `plate` are codes
    (n, LENGTH_MAX).
    """
    read_length, plate_length = lengths(read), lengths(plate)
    columns = int(read_length.max(initial=0))
    severity = stacked.severity[which].T
    added = np.minimum(severity[:, None] * stacked.added[which].T[None], 0.4)
    added_as = np.pad(stacked.added_as, ((0, 0), (0, 1)))[which[:, None], read]
    before = np.zeros((columns + 1, *severity.shape))
    before[0] = 1.0
    for j in range(columns):
        before[j + 1] = before[j] * added[:, FIRST] * added_as[:, j]
    result = np.zeros(severity.shape)
    for i in range(int(plate_length.max(initial=0))):
        code = np.minimum(plate[:, i], LETTERS - 1)
        rate, lost, changed = _rates(stacked, which, code, i, plate_length)
        gap = np.where(plate_length == i + 1, added[:, LAST], added[:, INNER])
        after = np.empty_like(before)
        after[0] = before[0] * lost
        for j in range(columns):
            outcome = changed * stacked.outcome[which, code, read[:, j]]
            kept = np.where(read[:, j] == code, 1.0 - rate, outcome)
            after[j + 1] = before[j] * kept + before[j + 1] * lost + after[j] * gap * added_as[:, j]
        before = after
        done = np.flatnonzero(plate_length == i + 1)
        result[:, done] = before[read_length[done], :, done].T
    gaps = np.maximum(plate_length - 1, 0)
    none_added: Floats = (1 - added[:, FIRST]) * (1 - added[:, LAST]) * (1 - added[:, INNER]) ** gaps
    return result * none_added


def _rates(stacked: Channel, which: Ints, code: Codes, i: int, length: Ints) -> tuple[Floats, Floats, Floats]:
    """At place `i` of the plate, (states, n) each: the chance of going wrong, of being lost, and the
    factor that makes of `outcome` the chance of being read as that other character."""
    place = np.where(i == 0, FIRST, np.where(length == i + 1, LAST, INNER))
    slip = stacked.slip[which, code] * stacked.edge[which, place]
    rate = np.minimum(stacked.severity[which].T * slip, 0.8)
    lost_of_wrong = stacked.outcome[which, code, LOST]
    share = np.minimum(lost_of_wrong * stacked.loss_edge[which, place], 0.9)
    return rate, rate * share, rate * (1 - share) / np.maximum(1 - lost_of_wrong, 1e-9)
