"""How likely a camera is to read a text when the plate may be anyone's.

The sum, over all plates that vehicles carry, of how common the plate is times the chance that this camera
makes the text of it. Plates of one shape are taken as characters that are drawn each for itself at its
place, so the sum is one forward pass for each shape (see channel) and not one for each plate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

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
READS_AT_ONCE = 32
"""Reads gone through together: their arrays stay in a core's own cache."""
CHANNELS_MAX = 256
"""Channels whose tables are kept, of some 75 kB each."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The common shapes (k) of plates, the longest first: their `share` of all plates, their `lengths`, and
    how likely each character is at each place, `places` (longest, k, LETTERS). All end at the last place; a
    shorter one is 0 before it begins, and `begins` says which do at each place."""

    share: Floats
    lengths: Ints
    places: Floats
    begins: tuple[slice, ...]


def shapes(counts: Mapping[str, Sequence[Sequence[int]]]) -> Shapes:
    """The shapes of the plates that background.count counted."""
    named = {shape: np.array(places, float) for shape, places in counts.items() if shape}
    total = sum(places[0].sum() for places in named.values()) + sum(n for _, n in counts.get("", ()))
    common = sorted(named, key=lambda shape: -named[shape][0].sum())[:SHAPES_MAX]
    common.sort(key=len, reverse=True)
    lengths = np.array([len(shape) for shape in common], np.int64)
    chances = np.zeros((int(lengths.max(initial=1)), len(common), LETTERS))
    for k, shape in enumerate(common):
        smooth = named[shape] + SMOOTHING
        chances[-len(shape) :, k] = smooth / smooth.sum(axis=1, keepdims=True)
    share = np.array([named[shape][0].sum() for shape in common]) / max(total, 1)
    begun = [0, *((lengths >= length).sum().item() for length in range(len(chances), 0, -1))]
    return Shapes(share, lengths, chances, tuple(slice(*at) for at in pairwise(begun)))


class _Tables(NamedTuple):
    """What channels (c) make of the shapes. Chances of added characters, `added` (c, LETTERS, PLACES,
    states); of each character read, divided by that of its being added inside, `becomes` (c * longest *
    LETTERS, states * k); of one lost, `lost` (c * longest, states * k); and that no character is added,
    times the share of the shape, `whole` (c, states, k)."""

    added: Floats
    becomes: Floats
    lost: Floats
    whole: Floats


class Anyone:
    """What cameras make of anyone's plate. Of at most `channels_max` channels the tables are kept; with one
    more, all are made anew."""

    def __init__(
        self, counts: Mapping[str, Sequence[Sequence[int]]], channels_max: int = CHANNELS_MAX
    ) -> None:
        """`counts` are of the plates that vehicles carry, as background.count makes them."""
        self._common = shapes(counts)
        self._channels_max = channels_max
        self._met: dict[int, tuple[int, Channel]] = {}
        self._tables: _Tables | None = None

    def likelihood(self, channels: Sequence[Channel], read: Codes) -> Floats:
        """P(read | state) for each read, whatever the plate: (states, n).

        `channels` (n) are those that the reads came through; `read` are codes (n, LENGTH_MAX).
        """
        parts = [slice(at, at + READS_AT_ONCE) for at in range(0, len(channels), READS_AT_ONCE)]
        found = [_forward(self._common, *self._of(channels[at]), read[at]) for at in parts]
        return np.concatenate(found, axis=1)

    def _of(self, channels: Sequence[Channel]) -> tuple[_Tables, Ints]:
        """Tables of channels, and the numbers in them of these."""
        own = {id(channel): channel for channel in channels}
        if len(self._met.keys() | own.keys()) > self._channels_max:
            self._met, self._tables = {}, None
        new = [channel for channel in own.values() if id(channel) not in self._met]
        if self._tables is None:
            self._tables = _made(self._common, new)
        elif new:
            made = _made(self._common, new)
            self._tables = _Tables(*map(np.concatenate, zip(self._tables, made, strict=True)))
        self._met.update((id(each), (number, each)) for number, each in enumerate(new, len(self._met)))
        return self._tables, np.array([self._met[id(channel)][0] for channel in channels])


def _forward(common: Shapes, tables: _Tables, which: Ints, read: Codes) -> Floats:
    """As channel does it, of shapes in place of plates: arrays are (characters of the read, n, states, k).

    What was added between two characters was added from the start of the read on, but for what was added
    before them. So with all that is reached divided by what added characters alone make from the start, the
    gaps between characters are a running sum. After the last one the chance of added ones is another, and
    only the end of the read is asked for.
    """
    lengths, places = channel.lengths(read), np.arange(len(common.places))
    seen = channel.by_place(read, int(lengths.max(initial=1)))
    added = from_start(tables.added[which, seen])
    first, inner, last = (added[:, :, place] for place in (FIRST, INNER, LAST))
    at = which * len(places) + places[:, None]
    lost = tables.lost.take(at, axis=0).reshape(len(places), -1)
    becomes = tables.becomes.take(at[:, None] * LETTERS + seen, axis=0).reshape(len(places), len(seen), -1)
    reached = np.zeros((*first.shape, len(common.share)))
    flat = reached.reshape(len(added), -1)
    start = (first / inner)[..., None]
    for place in places.tolist():
        reached[..., common.begins[place]] = start
        moved = flat[:-1] * becomes[place]
        flat *= lost[place]
        flat[1:] += moved
        if place < len(places) - 1:
            channel.run_up(flat)
    to_end = last[lengths, np.arange(len(which))] / last * inner
    to_end *= (np.arange(len(added))[:, None] <= lengths)[..., None]
    ended = (reached * to_end[..., None]).sum(axis=0) * tables.whole[which]
    total: Floats = ended.sum(axis=2).T
    return total


def _made(common: Shapes, channels: Sequence[Channel]) -> _Tables:
    """The tables of these channels."""
    stacked = channel.stack(channels)
    states, longest = len(stacked.state_at), len(common.places)
    at = np.arange(longest)[:, None] - (longest - common.lengths)
    place = np.where(at <= 0, FIRST, np.where(at == common.lengths - 1, LAST, INNER))
    right, lost, changed = (
        table.reshape(states, len(channels), PLACES, LETTERS)[:, :, place] * common.places
        for table in (stacked.right, stacked.lost, stacked.changed)
    )
    outcome = stacked.outcome.reshape(len(channels), 1, LETTERS, LETTERS + 1)[..., :LETTERS]
    becomes = (right + changed @ outcome).transpose(1, 2, 4, 0, 3)
    rate = stacked.added.transpose(2, 0, 1)
    added = rate[:, None] * stacked.added_as.reshape(-1, LETTERS, 1, 1)
    none = 1 - rate[..., None]
    width = states * len(common.share)
    return _Tables(
        added=added,
        becomes=becomes.reshape(-1, width),
        lost=lost.sum(axis=4).transpose(1, 2, 0, 3).reshape(-1, width),
        whole=none[:, FIRST] * none[:, LAST] * none[:, INNER] ** (common.lengths - 1) * common.share,
    )
