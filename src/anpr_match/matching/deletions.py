"""A deletion index: plates within one edit of a batch of reads, without looking at the others.

Two plates within one insertion, deletion or substitution share a text that is either of them with at
most one character taken out (Bocek, Hunt, Stiller, "Fast similarity search", 2007). Every such text
of every listed plate is a key. A key is hashed by one odd multiplication, which no two keys share;
its top bits say where it lies. A Bloom filter of one 64-bit word a key (Putze, Sanders, Singler, JEA
2009) turns away most probes before they reach the table.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anpr_match.matching.packing import LANE_BITS, LANES, Indices, Words

PLATES_MAX = 1 << 24
EXACT_ONLY_BELOW = 5
"""A listed plate of fewer characters has too many innocent neighbours to match by an edit."""

_U = np.uint64
_LANE = _U(LANE_BITS)
_FACTOR = _U(0x9E3779B97F4A7C15)
_BELOW = np.array([(1 << LANE_BITS * i) - 1 for i in range(LANES + 1)], _U)[:, None]
_ID_BITS = 24
_ID_MASK = _U(PLATES_MAX - 1)
_SHORT_BITS = _U(LANE_BITS * (EXACT_ONLY_BELOW - 1))
_SEVEN_BITS = _U(LANE_BITS * 7)
_LOW_LANES = _U(sum(1 << LANE_BITS * i for i in range(LANES)))
_SIX_BITS = _U(63)
_FILTER_BITS_A_KEY = 16


class Found(NamedTuple):
    """Positions in the reads asked for, and beside them positions in the listed words."""

    read: Indices
    listed: Indices


def is_short(words: Words) -> npt.NDArray[np.bool_]:
    """Which plates match by their equal only."""
    short: npt.NDArray[np.bool_] = (words >> _SHORT_BITS) == 0
    return short


def _keys(words: Words, lanes: int, edits: int) -> Words:
    """Row by row, each word with up to `edits` of its first `lanes` characters taken out.

    A row that would take out a character behind the word's end holds a text that another row holds.
    """
    moved = words >> _LANE
    rows = ((words ^ moved) & _BELOW[: lanes + 1]) ^ moved
    if edits == 1:
        return rows
    # The second character is always taken out in front of the first, so that no pair comes twice.
    pairs = [_keys(rows[last], last - 1, 1) for last in range(1, lanes)]
    return np.concatenate([rows, *pairs])


class DeletionIndex:
    """Immutable. `words` are at most `PLATES_MAX`, none of them 0; `edits` is 1 or 2."""

    def __init__(self, words: Words, edits: int = 1) -> None:
        if len(words) > PLATES_MAX:
            raise ValueError(f"at most {PLATES_MAX} plates")
        self.words = words
        self._edits = edits
        entries = _hashed_keys(words, edits)
        bucket_bits = max(1, (len(entries) // 2).bit_length())
        self._bucket_shift = _U(64 - bucket_bits)
        buckets = (entries >> self._bucket_shift).astype(np.intp)
        self._starts = np.zeros((1 << bucket_bits) + 1, np.uint32)
        np.cumsum(np.bincount(buckets, minlength=1 << bucket_bits), out=self._starts[1:])
        self._table = entries.astype(np.uint32)
        self._build_filter(entries)

    def _build_filter(self, entries: Words) -> None:
        word_bits = max(1, (len(entries) * _FILTER_BITS_A_KEY // 64).bit_length())
        self._filter_shift = _U(64 - word_bits)
        self._first_bit, self._second_bit = _U(58 - word_bits), _U(52 - word_bits)
        self._filter = np.zeros(1 << word_bits, _U)
        if len(entries):
            at = (entries >> self._filter_shift).astype(np.intp)
            bits = _U(1) << ((entries >> self._first_bit) & _SIX_BITS)
            bits |= _U(1) << ((entries >> self._second_bit) & _SIX_BITS)
            first = np.flatnonzero(np.concatenate(([True], at[1:] != at[:-1])))
            self._filter[at[first]] = np.bitwise_or.reduceat(bits, first)

    @property
    def nbytes(self) -> int:
        return self.words.nbytes + self._starts.nbytes + self._table.nbytes + self._filter.nbytes

    def find(self, words: Words) -> Found:
        """Every (read, listed) pair within the edits, once; 0 words find nothing."""
        long = words >> _SEVEN_BITS
        if not long.any():
            return self._find(words, 7)
        at_short, at_long = np.flatnonzero(long == 0), np.flatnonzero(long)
        short, rest = self._find(words[at_short], 7), self._find(words[at_long], LANES)
        read = np.concatenate((at_short[short.read], at_long[rest.read]))
        return Found(read, np.concatenate((short.listed, rest.listed)))

    def _find(self, words: Words, lanes: int) -> Found:
        hashes = _keys(words, lanes, self._edits).ravel()
        hashes *= _FACTOR
        filtered = self._filter[(hashes >> self._filter_shift).view(np.intp)]
        first = filtered >> ((hashes >> self._first_bit) & _SIX_BITS)
        at = np.flatnonzero(first & _U(1))
        hashes = hashes[at]
        second = filtered[at] >> ((hashes >> self._second_bit) & _SIX_BITS)
        kept = np.flatnonzero(second & _U(1))
        return self._look_up(words, hashes[kept], at[kept])

    def _look_up(self, words: Words, hashes: Words, at: Indices) -> Found:
        """What the table holds under the probes that the filter let through; `at` is their place in
        the rows of keys."""
        bucket = (hashes >> self._bucket_shift).view(np.intp)
        starts = self._starts[bucket].astype(np.intp)
        counts = self._starts[bucket + 1].astype(np.intp) - starts
        probe = np.repeat(np.arange(len(at)), counts)
        within = np.arange(len(probe)) - np.repeat(np.cumsum(counts) - counts, counts)
        entries = self._table[starts[probe] + within].astype(_U)
        same = np.flatnonzero(((entries ^ hashes[probe]) & _U(0xFF000000)) == 0)
        probe, listed = probe[same], (entries[same] & _ID_MASK).view(np.intp)
        read = at[probe] % max(1, len(words))
        one, other = words[read], self.words[listed]
        near = _within(one, other, self._edits)
        near &= ~is_short(other) | (one == other)
        good = np.flatnonzero(near)
        return _distinct(read[good], listed[good])


def _distinct(read: Indices, listed: Indices) -> Found:
    """Each pair once, by read and then by listed: equal texts meet under every one of their keys."""
    pairs = (read << _ID_BITS) | listed
    pairs.sort()
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return Found(pairs >> _ID_BITS, pairs & (PLATES_MAX - 1))


def _hashed_keys(words: Words, edits: int) -> Words:
    """Sorted, distinct: the top 40 bits of each key's hash, over the 24-bit number of its plate."""
    number = np.arange(len(words), dtype=_U)
    short = np.flatnonzero(is_short(words))
    middle = np.flatnonzero(~is_short(words) & ((words >> _SEVEN_BITS) == 0))
    long = np.flatnonzero(words >> _SEVEN_BITS)
    parts = [(words[short] * _FACTOR) & ~_ID_MASK | number[short]]
    for group, lanes in ((middle, 7), (long, LANES)):
        keys = _keys(words[group], lanes, edits)
        keys *= _FACTOR
        keys &= ~_ID_MASK
        keys |= number[group]
        parts.append(keys.ravel())
    entries = np.concatenate(parts)
    entries.sort()
    if not len(entries):
        return entries
    return entries[np.concatenate(([True], entries[1:] != entries[:-1]))]


def _within(one: Words, other: Words, edits: int) -> npt.NDArray[np.bool_]:
    """Whether at most so many insertions, deletions and substitutions lie between the words, pair by
    pair. The common beginning never costs; then the first difference is one edit or another."""
    if not edits:
        equal: npt.NDArray[np.bool_] = one == other
        return equal
    differs = one ^ other
    lane = _lowest_lane(differs)
    near = _within(one ^ (differs & (lane * _SIX_BITS)), other, edits - 1)
    near |= _within(_without(one, lane), other, edits - 1)
    near |= _within(one, _without(other, lane), edits - 1)
    return near


def _lowest_lane(differs: Words) -> Words:
    """The lowest bit of the lowest lane that is not 0, or 0."""
    lanes = differs | (differs >> _U(1))
    lanes |= lanes >> _U(2)
    lanes |= lanes >> _U(2)
    lanes &= _LOW_LANES
    lowest: Words = lanes & (~lanes + _U(1))
    return lowest


def _without(words: Words, lane: Words) -> Words:
    """Each word without the character of the lane whose lowest bit is given; all of it for 0."""
    moved = words >> _LANE
    without: Words = ((words ^ moved) & (lane - _U(1))) ^ moved
    return without
