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
from itertools import pairwise

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
ADDED_MIN, ADDED_AS_MIN = 1e-6, 1e-18
"""Below these the chance that a character is added, and which one it is, count as these: even twelve of them
are more than nothing."""
FIRST, INNER, LAST = range(3)
PLACES = 3

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_PAIRS_AT_ONCE = 512
"""Pairs aligned together: their arrays stay in a core's own cache."""

_FEW_COLUMNS = 96
"""NumPy's own running sum goes down one column after the other, which pays for so few."""

_AT = np.arange(LENGTH_MAX)[:, None]
_AFTER_FIRST = np.minimum(_AT, 1)

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


@dataclass(frozen=True, slots=True)
class Stacked:
    """Channels of many cameras worked out into tables, so that a batch of pairs is one call.

    `right`, `lost`, `changed` (states * channels * PLACES * LETTERS): the chance that a character at a
    place is read right, is lost, and the factor that makes of `outcome` (channels * LETTERS *
    (LETTERS + 1)) the chance that it is read as another; `state_at` (states, 1): where the part of each
    state begins in the three. The chance of what was read, right or as another, is divided by the chance
    that the same was added between two characters. `added` (PLACES, states, channels): the chance of an
    added character, and `added_as` (channels * LETTERS) which one it is.
    """

    state_at: Ints
    right: Floats
    lost: Floats
    changed: Floats
    outcome: Floats
    added: Floats
    added_as: Floats


def stack(channels: Sequence[Channel]) -> Stacked:
    """The tables of these channels, which are numbered in their order."""
    fields = Channel.__dataclass_fields__
    each = Channel(**{name: np.stack([getattr(c, name) for c in channels]) for name in fields})
    slip = each.slip[:, None] * each.edge[:, :, None]
    rate = np.minimum(each.severity.T[..., None, None] * slip, 0.8)
    lost_of_wrong = each.outcome[:, None, :, LOST]
    share = np.minimum(lost_of_wrong * each.loss_edge[:, :, None], 0.9)
    changed = rate * (1 - share) / np.maximum(1 - lost_of_wrong, 1e-9)
    added = np.clip(each.severity.T * each.added.T[:, None], ADDED_MIN, 0.4)
    added_as = np.maximum(each.added_as, ADDED_AS_MIN)
    added_inside = added[INNER, :, :, None, None]
    outcome = each.outcome.copy()
    outcome[:, :, :LETTERS] /= added_as[:, None]
    return Stacked(
        state_at=np.arange(0, rate.size, rate[0].size)[:, None],
        right=((1.0 - rate) / (added_inside * added_as[:, None])).ravel(),
        lost=(rate * share).ravel(),
        changed=(changed / added_inside).ravel(),
        outcome=outcome.ravel(),
        added=added,
        added_as=added_as.ravel(),
    )


def encode(texts: Sequence[str]) -> Codes:
    """Codes (n, LENGTH_MAX) padded with LOST. Texts must be A-Z0-9 and at most LENGTH_MAX long."""
    raw = np.array(texts, dtype=f"S{LENGTH_MAX}") if len(texts) else np.empty(0, f"S{LENGTH_MAX}")
    return _CODE[raw.view(np.uint8).reshape(len(raw), LENGTH_MAX)]


def decode(words: Words) -> Codes:
    """Codes of packed plates, as `encode` gives them for their texts."""
    codes = np.full((len(words), LENGTH_MAX), LOST, np.uint8)
    codes[:, :LANES] = _CODE.take(packing.characters(words), mode="clip")
    return codes


def lengths(codes: Codes) -> Ints:
    """How many characters each text has."""
    counted: Ints = (codes != LOST).sum(axis=1)
    return counted


def by_place(codes: Codes, places: int) -> Codes:
    """The first places of texts, one row for each, with any character behind their ends."""
    return np.minimum(codes[:, :places].T, LETTERS - 1, order="C")


def likelihood(stacked: Stacked, which: Ints, read: Codes, plate: Codes) -> Floats:
    """P(read | plate, state) for each pair: (states, n).

    `which` (n) says which of the stacked channels each pair came through; `read` and `plate` are codes
    (n, LENGTH_MAX).
    """
    if len(which) <= _PAIRS_AT_ONCE:
        return _forward(stacked, which, read, plate)
    parts = [slice(at, at + _PAIRS_AT_ONCE) for at in range(0, len(which), _PAIRS_AT_ONCE)]
    return np.concatenate([_forward(stacked, which[part], read[part], plate[part]) for part in parts], axis=1)


def rightly(stacked: Stacked, which: Ints, plate: Codes) -> Floats:
    """P(every character of the plate is read right, and none added | plate, state) for each plate:
    (states, n), by the channels as in `likelihood`."""
    length = lengths(plate)
    code = by_place(plate, int(length.max(initial=1)))
    right = stacked.right.take(_table_at(stacked, which, _AT[: len(code)] == length - 1, code))
    # The table has it divided by the chance that the same was added.
    right *= stacked.added_as.take(which * LETTERS + code)[:, None]
    right *= stacked.added[INNER].take(which, axis=1)
    right[np.broadcast_to((_AT[: len(code)] >= length)[:, None], right.shape)] = 1
    chance: Floats = right.prod(axis=0) * _none_added(stacked.added.take(which, axis=2), length)
    return chance


def _forward(stacked: Stacked, which: Ints, read: Codes, plate: Codes) -> Floats:
    """The forward sum, one character of the plate after the other. `reached[j]` is the chance that the
    characters so far have become the first j of the read, divided by the chance that these were all added
    inside: what was added before one character of the read was also added before the next, so that
    additions are a running sum. After the plate's last character the chance of added ones is another,
    and only the end of the read is asked for."""
    read_length, plate_length = lengths(read), lengths(plate)
    rows, columns = int(plate_length.max(initial=1)), int(read_length.max(initial=1))
    # What stands behind the end of a text is never reached: any character does.
    seen, code = by_place(read, columns), by_place(plate, rows)
    ending = _AT[:rows] == plate_length - 1
    at = _table_at(stacked, which, ending, code)
    right, lost, changed = stacked.right.take(at), stacked.lost.take(at), stacked.changed.take(at)
    same = (code[:, None] == seen)[:, :, None]
    outcome = stacked.outcome.take(((which * LETTERS + code) * (LETTERS + 1))[:, None] + seen)[:, :, None]
    added = stacked.added.take(which, axis=2)
    added_as = stacked.added_as.take(which * LETTERS + seen)[:, None]
    first, inner, last = from_start(added * added_as[:, None]).swapaxes(0, 1)
    to_end = inner / last * last[read_length, :, np.arange(len(which))].T
    to_end *= (np.arange(len(inner))[:, None] <= read_length)[:, None]
    reached, result = first / inner, np.zeros(first.shape[1:])
    moved, ends = np.empty_like(reached[1:]), set(plate_length.tolist())
    for i in range(rows):
        np.multiply(changed[i], outcome[i], out=moved)
        np.copyto(moved, right[i], where=same[i])
        moved *= reached[:-1]
        reached *= lost[i]
        reached[1:] += moved
        if i + 1 in ends:
            np.copyto(result, (reached * to_end).sum(axis=0), where=ending[i])
        if i < rows - 1:
            run_up(reached)
    chance: Floats = result * _none_added(added, plate_length)
    return chance


def _none_added(added: Floats, length: Ints) -> Floats:
    """The chance that nothing is added to plates of these lengths."""
    between = np.maximum(length - 1, 0)
    none: Floats = (1 - added[FIRST]) * (1 - added[LAST]) * (1 - added[INNER]) ** between
    return none


def from_start(added: Floats) -> Floats:
    """The chance that all characters of the read up to each one were added, 1 for none of them."""
    chances = np.empty((len(added) + 1, *added.shape[1:]))
    chances[0] = 1.0
    chances[1:] = added
    for before, now in pairwise(chances):
        np.multiply(now, before, out=now)
    return chances


def run_up(rows: Floats) -> None:
    """Add to each row the sum of those before it, in place."""
    if rows[0].size <= _FEW_COLUMNS:
        np.add.accumulate(rows, axis=0, out=rows)
        return
    for before, now in pairwise(rows):
        np.add(now, before, out=now)


def _table_at(stacked: Stacked, which: Ints, ending: NDArray[np.bool_], code: Codes) -> Ints:
    """Where `right`, `lost` and `changed` hold each character of the plates, (rows, states, n); `ending` says
    which is its plate's last."""
    place = _AFTER_FIRST[: len(code)] * (INNER + ending)
    at: Ints = ((which * PLACES + place) * LETTERS + code)[:, None] + stacked.state_at
    return at
