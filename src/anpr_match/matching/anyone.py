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
    FIRST,
    INNER,
    LAST,
    LETTERS,
    PLACES,
    Channel,
    Codes,
    Floats,
    Ints,
    from_start,
)

SHAPES_MAX = 12
"""The most common shapes; of British plates the others hold three in a thousand."""
READS_AT_ONCE = 16
"""Reads gone through together: their arrays stay in a core's own cache."""
CHANNELS_MAX = 256
"""Channels whose tables are kept, of some 75 kB each."""


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
    chances = np.zeros((len(common), int(lengths.max(initial=1)), LETTERS))
    for k, shape in enumerate(common):
        smooth = named[shape] + SMOOTHING
        chances[k, : len(shape)] = smooth / smooth.sum(axis=1, keepdims=True)
    share = np.array([named[shape][0].sum() for shape in common]) / max(total, 1)
    return Shapes(share, lengths, chances)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What one channel makes of the characters of the shapes: chances of each character read, `becomes`
    (longest, LETTERS, states, k), and of being lost, `lost` (longest, states, k); and of added characters,
    by place `added` (PLACES, states), and which, `added_as` (LETTERS)."""

    channel: Channel
    becomes: Floats
    lost: Floats
    added: Floats
    added_as: Floats


class Anyone:
    """What cameras make of anyone's plate. Of the channels met last the tables are kept."""

    def __init__(self, counts: Mapping[str, Sequence[Sequence[int]]]) -> None:
        """`counts` are of the plates that vehicles carry, as background.count makes them."""
        self._common = shapes(counts)
        self._met: dict[int, _Tables] = {}

    def likelihood(self, channels: Sequence[Channel], which: Ints, read: Codes) -> Floats:
        """P(read | state) for each read, whatever the plate: (states, n).

        `which` (n) says which of the channels each read came through; `read` are codes (n, LENGTH_MAX).
        """
        tables = [self._tables(channel) for channel in channels]
        parts = [slice(at, at + READS_AT_ONCE) for at in range(0, len(which), READS_AT_ONCE)]
        return np.concatenate([_forward(self._common, tables, which[at], read[at]) for at in parts], axis=1)

    def _tables(self, channel: Channel) -> _Tables:
        known = self._met.get(id(channel))
        if known is None or known.channel is not channel:
            if len(self._met) >= CHANNELS_MAX:
                self._met.clear()
            known = self._met[id(channel)] = _made(self._common, channel)
        return known


def _forward(common: Shapes, tables: Sequence[_Tables], which: Ints, read: Codes) -> Floats:
    """As channel does it, of shapes in place of plates: arrays are (characters of the read, n, states, k)."""
    becomes, lost, added, added_as = (
        np.array([getattr(table, name) for table in tables])
        for name in ("becomes", "lost", "added", "added_as")
    )
    length, everyone = channel.lengths(read), np.arange(len(which))
    seen = np.minimum(read.T[: int(length.max(initial=1))], LETTERS - 1)
    one_added = added[which][..., None]
    as_read = added_as[which, seen][:, :, None, None]
    first, inner, last = (from_start(one_added[:, place] * as_read) for place in (FIRST, INNER, LAST))
    reached = np.repeat(first, len(common.share), axis=3)
    total = np.zeros((len(which), added.shape[2]))
    for i in range(common.places.shape[1]):
        now = reached * lost[which, i]
        now[1:] += reached[:-1] * becomes[which, i, seen]
        ending = common.lengths == i + 1
        gaps = np.where(ending, last, inner)
        now /= gaps
        np.add.accumulate(now, axis=0, out=now)
        now *= gaps
        reached = now
        if ending.any():
            none_added = (1 - one_added[:, FIRST]) * (1 - one_added[:, LAST]) * (1 - one_added[:, INNER]) ** i
            whole = reached[length, everyone][:, :, ending] * none_added
            total += (whole * common.share[ending]).sum(axis=2)
    return total.T


def _made(common: Shapes, made_of: Channel) -> _Tables:
    """The tables of one channel."""
    stacked = channel.stack([made_of])
    at = np.arange(common.places.shape[1])
    place = np.where(at == 0, FIRST, np.where(at == common.lengths[:, None] - 1, LAST, INNER))
    right, lost, changed = (
        table.reshape(-1, PLACES, LETTERS)[:, place] * common.places
        for table in (stacked.right, stacked.lost, stacked.changed)
    )
    becomes = right + changed @ made_of.outcome[:, :LETTERS]
    return _Tables(
        channel=made_of,
        becomes=np.ascontiguousarray(becomes.transpose(2, 3, 0, 1)),
        lost=np.ascontiguousarray(lost.sum(axis=3).transpose(2, 0, 1)),
        added=stacked.added[:, :, 0],
        added_as=stacked.added_as,
    )
