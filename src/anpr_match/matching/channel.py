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

from anpr_match.matching import packing
from anpr_match.matching.packing import LANES, Words

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

_PAIRS_AT_ONCE = 512
"""Pairs aligned together: their arrays stay in a core's own cache."""

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


def decode(words: Words) -> Codes:
    """Codes of packed plates, as `encode` gives them for their texts."""
    codes = np.full((len(words), LENGTH_MAX), LOST, np.uint8)
    codes[:, :LANES] = np.take(_CODE, packing.characters(words), mode="clip")
    return codes


def lengths(codes: Codes) -> Ints:
    """How many characters each text has."""
    counted: Ints = (codes != LOST).sum(axis=1)
    return counted


def likelihood(stacked: Channel, which: Ints, read: Codes, plate: Codes) -> Floats:
    """P(read | plate, state) for each pair: (states, n).

    `which` (n) says which of the stacked channels each pair came through; `read` and `plate` are codes
    (n, LENGTH_MAX).
    """
    result = np.empty((stacked.severity.shape[1], len(which)))
    for begin in range(0, len(which), _PAIRS_AT_ONCE):
        part = slice(begin, begin + _PAIRS_AT_ONCE)
        result[:, part] = _forward(stacked, which[part], read[part], plate[part])
    return result


def _forward(stacked: Channel, which: Ints, read: Codes, plate: Codes) -> Floats:
    """The forward sum, diagonal by diagonal: `reached[d, i]` is the chance that the first i characters
    of the plate have become the first d - i of the read. All that stand on one diagonal are one step."""
    read_length, plate_length = lengths(read), lengths(plate)
    rows, columns = int(plate_length.max(initial=1)), int(read_length.max(initial=1))
    severity = stacked.severity[which].T
    added = np.minimum(severity[:, None] * stacked.added[which].T[None], 0.4)
    # What stands behind the end of a text is never reached: any character does.
    behind, code = (np.minimum(codes.T, LETTERS - 1) for codes in (read[:, :columns], plate[:, :rows]))
    added_as = stacked.added_as[which, behind]
    rate, lost, changed = _rates(stacked, which, code, plate_length)
    kept, kept_on = _skewed(rows, columns, severity.shape)
    gap, gap_on = _skewed(rows, columns, severity.shape)
    outcome = stacked.outcome.ravel().take((which * LETTERS + code)[:, None] * (LETTERS + 1) + behind)
    np.multiply(changed[:, None], outcome[:, :, None], out=kept)
    np.copyto(kept, (1.0 - rate)[:, None], where=(code[:, None] == behind)[:, :, None])
    ending = np.arange(1, rows + 1)[:, None, None] == plate_length
    np.multiply(np.where(ending, added[:, LAST], added[:, INNER])[:, None], added_as[:, None], out=gap)
    reached = np.zeros((rows + columns + 1, rows + 1, *severity.shape))
    reached[0, 0] = 1.0
    np.cumprod(added[:, FIRST] * added_as[:, None], axis=0, out=reached[1 : columns + 1, 0])
    for diagonal in range(1, rows + columns + 1):
        before, last, now = reached[diagonal - 2], reached[diagonal - 1], reached[diagonal, 1:]
        if diagonal > 1:
            np.multiply(before[:-1], kept_on[:, diagonal], out=now)
        now += last[:-1] * lost
        now += last[1:] * gap_on[:, diagonal]
    result = reached[read_length + plate_length, plate_length, :, np.arange(len(which))].T
    gaps = np.maximum(plate_length - 1, 0)
    none_added: Floats = (1 - added[:, FIRST]) * (1 - added[:, LAST]) * (1 - added[:, INNER]) ** gaps
    return result * none_added


def _skewed(rows: int, columns: int, inner: tuple[int, ...]) -> tuple[Floats, Floats]:
    """One piece of memory seen in two ways: by character of the plate and of the read, and by character
    of the plate and diagonal. What stands on a diagonal but outside the read is 0."""
    by_diagonal = np.zeros((rows, rows + columns + 1, *inner))
    row, step, *more = by_diagonal.strides
    strides = (row + step, step, *more)
    return np.ndarray((rows, columns, *inner), float, by_diagonal, 2 * step, strides), by_diagonal


def _rates(stacked: Channel, which: Ints, code: Codes, length: Ints) -> tuple[Floats, Floats, Floats]:
    """For each character of the plate, (rows, states, n) each: the chance of going wrong, of being
    lost, and the factor that makes of `outcome` the chance of being read as that other character."""
    i = np.arange(len(code))[:, None]
    place = np.where(i == 0, FIRST, np.where(length == i + 1, LAST, INNER))
    slip = stacked.slip[which, code] * stacked.edge[which, place]
    rate = np.minimum(stacked.severity[which].T * slip[:, None], 0.8)
    lost_of_wrong = stacked.outcome[which, code, LOST]
    share = np.minimum(lost_of_wrong * stacked.loss_edge[which, place], 0.9)[:, None]
    kept_of_wrong = np.maximum(1 - lost_of_wrong, 1e-9)[:, None]
    return rate, rate * share, rate * (1 - share) / kept_of_wrong
