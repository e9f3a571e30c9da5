"""How likely a camera is to read a text when the plate may be anyone's.

The sum, over all plates that vehicles carry, of how common the plate is times the chance that this camera
makes the text of it. Plates of one shape are taken as characters that are drawn each for itself at its
place, so the sum is one forward pass for each shape (see channel) and not one for each plate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.matching import channel
from anpr_match.matching.background import SMOOTHING
from anpr_match.matching.channel import (
    ALPHABET,
    FIRST,
    INNER,
    LAST,
    LETTERS,
    PLACES,
    TINY,
    Codes,
    Floats,
    Ints,
    Stacked,
)

SHAPES_MAX = 12
"""The most common shapes; of British plates the others hold three in a thousand."""
READS_AT_ONCE = 16
"""Reads gone through together: their arrays stay in a core's own cache."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The common shapes (k) of plates: their `share` of all plates, their `lengths`, and how likely each
    character is at each place, `places` (k, longest, LETTERS), 0 behind the end."""

    share: Floats
    lengths: Ints
    places: Floats


def shapes(counts: Mapping[str, Sequence[Sequence[int]]]) -> Shapes:
    """The shapes of the plates that background.count counted."""
    named = {shape: np.array(places, float) for shape, places in counts.items() if shape}
    total = sum(places[0].sum() for places in named.values()) + sum(n for _, n in counts.get("", ()))
    common = sorted(named, key=lambda shape: -named[shape][0].sum())[:SHAPES_MAX]
    lengths = np.array([len(shape) for shape in common], np.int64)
    chances = np.zeros((len(common), int(lengths.max(initial=1)), len(ALPHABET)))
    for k, shape in enumerate(common):
        smooth = named[shape] + SMOOTHING
        chances[k, : len(shape)] = smooth / smooth.sum(axis=1, keepdims=True)
    share = np.array([named[shape][0].sum() for shape in common]) / max(total, 1)
    return Shapes(share, lengths, chances)


def likelihood(common: Shapes, stacked: Stacked, which: Ints, read: Codes) -> Floats:
    """P(read | state) for each read, whatever the plate: (states, n).

    `which` (n) says which of the stacked channels each read came through; `read` are codes (n, LENGTH_MAX).
    """
    parts = [slice(at, at + READS_AT_ONCE) for at in range(0, len(which), READS_AT_ONCE)]
    found = [_forward(common, stacked, which[part], read[part]) for part in parts]
    return np.concatenate([np.zeros((len(stacked.state_at), 0)), *found], axis=1)


def _forward(common: Shapes, stacked: Stacked, which: Ints, read: Codes) -> Floats:
    """As channel does it, of shapes in place of plates: arrays are (characters of the read, n, states, k)."""
    readers, own = np.unique(which, return_inverse=True)
    becomes, lost = _emissions(common, stacked, readers)
    length = channel.lengths(read)
    columns = int(length.max(initial=1))
    seen = np.minimum(read.T[:columns], LETTERS - 1)
    added = stacked.added[:, :, which].transpose(0, 2, 1)[:, None, :, :, None]
    added_as = stacked.added_as[which * LETTERS + seen][:, :, None, None]
    first, inner, last = (_from_start(added[place] * added_as) for place in (FIRST, INNER, LAST))
    reached = np.repeat(first, len(common.share), axis=3)
    total = np.zeros((len(which), len(stacked.state_at)))
    everyone = np.arange(len(which))
    for i in range(common.places.shape[1]):
        now = reached * lost[i][own]
        now[1:] += reached[:-1] * becomes[i][own, seen]
        gaps = np.where(common.lengths == i + 1, last, inner)
        now /= gaps
        np.add.accumulate(now, axis=0, out=now)
        now *= gaps
        reached = now
        ended = (common.lengths == i + 1).nonzero()[0]
        if len(ended):
            none_added = (1 - added[FIRST]) * (1 - added[LAST]) * (1 - added[INNER]) ** i
            whole = reached[length, everyone][:, :, ended] * none_added[0]
            total += (whole * common.share[ended]).sum(axis=2)
    return total.T


def _emissions(common: Shapes, stacked: Stacked, readers: Ints) -> tuple[Floats, Floats]:
    """What the characters of the shapes become: chances of each character read, (longest, readers, LETTERS,
    states, k), and of being lost, (longest, readers, states, k)."""
    channels = len(stacked.added_as) // LETTERS
    tables = (stacked.right, stacked.lost, stacked.changed)
    at = np.arange(common.places.shape[1])
    place = np.where(at == 0, FIRST, np.where(at == common.lengths[:, None] - 1, LAST, INNER))
    right, lost, changed = (
        table.reshape(-1, channels, PLACES, LETTERS)[:, readers][:, :, place] * common.places
        for table in tables
    )
    outcome = stacked.outcome.reshape(channels, LETTERS, LETTERS + 1)[readers, :, :LETTERS]
    becomes = right + np.einsum("srkia,rab->srkib", changed, outcome, optimize=True)
    return becomes.transpose(3, 1, 4, 0, 2), lost.sum(axis=4).transpose(3, 1, 0, 2)


def _from_start(added: Floats) -> Floats:
    """The chance that all characters of the read up to each one were added, 1 for none of them."""
    chances = np.empty((len(added) + 1, *added.shape[1:]))
    chances[0] = 1.0
    np.maximum(added, TINY, out=chances[1:])
    np.multiply.accumulate(chances, axis=0, out=chances)
    return chances
