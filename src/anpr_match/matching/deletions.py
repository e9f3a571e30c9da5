"""A deletion index: plates within one edit of a batch of reads, without looking at the others.

Two plates within one insertion, deletion or substitution share a text that is either of them with at
most one character taken out (Bocek, Hunt, Stiller, "Fast similarity search", 2007). Every such text
of every listed plate is a key. A key is hashed by one odd multiplication, which no two keys share;
its top bits say where it lies. A Bloom filter of three bits in one short word a key (blocked: Putze, Sanders,
Singler, JEA 2009) turns away most probes before they reach the table.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anpr_match.matching import packing
from anpr_match.matching.packing import LANE_BITS, LANES, Indices, Words

PLATES_MAX = 1 << 23
EXACT_ONLY_BELOW = 5
"""A listed plate of fewer characters has too many innocent neighbours to match by an edit."""

_U = np.uint64
_LANE = _U(LANE_BITS)
_FACTOR = _U(0x9E3779B97F4A7C15)
_BELOW = np.array([(1 << LANE_BITS * i) - 1 for i in range(LANES + 1)], _U)[:, None]
_NUMBER_BITS = 23
_TOP = _U(0xFFFFFFFFFF000000)
_UNMARKED, _SPILLS, _NUMBER = np.uint32(1 << 24), np.uint32(1 << 23), np.uint32(PLATES_MAX - 1)
_SHORT_BITS = _U(LANE_BITS * (EXACT_ONLY_BELOW - 1))
_SEVEN_BITS = _U(LANE_BITS * 7)
_LOW_LANES = _U(sum(1 << LANE_BITS * i for i in range(LANES)))
_SIX_BITS = _U(63)
_BUCKET = 4
_FILTER_BITS_A_KEY = 16
_EQUAL_BITS_A_KEY = 16
_MARK_BYTE = 4
"""The byte of a hash whose value picks a key's three bits: just below those that pick where."""

_FILTER_WORD_BITS = 16
_TRIPLES = [sum(1 << bit for bit in bits) for bits in combinations(range(_FILTER_WORD_BITS), 3)]
_THREE_BITS = np.array([_TRIPLES[n * len(_TRIPLES) >> 8] for n in range(256)], np.uint16)
_FEW = 256
"""So few words are not looked for apart by their lengths: it would cost more than the probes it saves."""
_PROBES_AT_ONCE = 1 << 15
"""Probes of one round: their arrays stay in a core's own cache."""
_BUILT_AT_ONCE = 1 << 15
"""Hashes of one round of building, likewise."""


class Found(NamedTuple):
    """Positions in the reads asked for, and beside them positions in the listed words."""

    read: Indices
    listed: Indices


class _Room:
    """Arrays for one round of probes, used again by the next: to allocate them would cost as much as to
    fill them."""

    def __init__(self, probes: int) -> None:
        self.hashes: Words = np.empty(probes, _U)
        self.at: Words = np.empty(probes, _U)
        self.seen = np.empty(probes, np.uint16)
        self.marks = np.empty(probes, np.uint16)


def is_short(words: Words) -> npt.NDArray[np.bool_]:
    """Which plates match by their equal only."""
    short: npt.NDArray[np.bool_] = (words >> _SHORT_BITS) == 0
    return short


def _row_count(lanes: int, edits: int) -> int:
    return lanes + 1 if edits == 1 else lanes + 1 + lanes * (lanes - 1) // 2


def _fill(rows: Words, words: Words, lanes: int, edits: int) -> None:
    """Each of `rows` with the words, up to `edits` of their first `lanes` characters taken out.

    A row that would take out a character behind the word's end holds a text that another row holds.
    """
    moved = words >> _LANE
    singles = rows[: lanes + 1]
    np.bitwise_and(words ^ moved, _BELOW[: lanes + 1], out=singles)
    np.bitwise_xor(singles, moved, out=singles)
    if edits == 2:
        # The second character is always taken out in front of the first, so that no pair comes twice.
        first = lanes + 1
        for last in range(1, lanes):
            _fill(rows[first : first + last], singles[last], last - 1, 1)
            first += last


class DeletionIndex:
    """Immutable. `words` are at most `PLATES_MAX`, none of them 0; `edits` is 1 or 2."""

    def __init__(self, words: Words, edits: int = 1) -> None:
        if len(words) > PLATES_MAX:
            raise ValueError(f"at most {PLATES_MAX} plates")
        self.words = words
        self._edits = edits
        entries = _hashed_keys(words, edits)
        self._build_table(entries)
        self._filter_shift, self._filter = _filter(entries, _FILTER_BITS_A_KEY)
        # Most reads are asked about for their equal only: a filter of the whole plates alone is a
        # quarter as large, and nearer to the core.
        self._equal_shift, self._equal = _filter(words * _FACTOR, _EQUAL_BITS_A_KEY)

    def _build_table(self, entries: Words) -> None:
        """Buckets of four entries, two of them filled on average: half of a hashed key (eight more bits
        of the hash, over the plate's number). What has no room is kept whole, in the order of the
        hashes, and the bucket's last entry says so."""
        self._buckets = max(1, len(entries) // 2)
        # The bucket behind the last one takes what is kept apart.
        table = np.zeros((self._buckets + 1, _BUCKET), np.uint32)
        places, spilled = table.ravel(), [entries[:0]]
        before = np.full(_BUCKET, -1)
        for begin in range(0, len(entries), _BUILT_AT_ONCE):
            part = entries[begin : begin + _BUILT_AT_ONCE]
            bucket = np.concatenate((before, self._bucket_of(part)))
            own = bucket[_BUCKET:]
            # Entries are in order, so the place of each in its bucket is how many before it have the same.
            place = own * _BUCKET
            for back in range(1, _BUCKET):
                place += own == bucket[_BUCKET - back : -back]
            over = (own == bucket[:-_BUCKET]).nonzero()[0]
            place[over] = self._buckets * _BUCKET
            places[place] = part.astype(np.uint32)
            table[own[over], _BUCKET - 1] |= _SPILLS
            spilled.append(part[over])
            before = bucket[-_BUCKET:]
        self._spilled = np.concatenate(spilled)
        # NumPy takes items of sixteen bytes as fast as smaller ones, but not rows of four.
        self._table = table[:-1].view(np.complex128).ravel()

    def _bucket_of(self, hashes: Words) -> Indices:
        bucket = (hashes >> _U(32)) * _U(self._buckets)
        bucket >>= _U(32)
        return bucket.view(np.intp)

    @property
    def nbytes(self) -> int:
        filters = self._filter.nbytes + self._equal.nbytes
        return self.words.nbytes + self._table.nbytes + self._spilled.nbytes + filters

    @property
    def filter_bytes(self) -> int:
        """Size of what every probe looks into first."""
        return self._filter.nbytes

    def find(self, words: Words) -> Found:
        """Every (read, listed) pair within the edits, once; 0 words find nothing."""
        long = words >> _SEVEN_BITS
        if not long.any():
            return self._find(words, 7)
        if len(words) <= _FEW:
            return self._find(words, LANES)
        at_short, at_long = (long == 0).nonzero()[0], long.nonzero()[0]
        short, rest = self._find(words[at_short], 7), self._find(words[at_long], LANES)
        read = np.concatenate((at_short[short.read], at_long[rest.read]))
        return Found(read, np.concatenate((short.listed, rest.listed)))

    def find_equal(self, words: Words) -> Found:
        """Every (read, listed) pair of equal words, once: one probe a read."""
        hashes = words * _FACTOR
        seen = self._equal.take((hashes >> self._equal_shift).view(np.intp), mode="clip")
        marks = _THREE_BITS.take(hashes.view(np.uint8)[_MARK_BYTE::8], mode="clip")
        seen &= marks
        read = (seen == marks).nonzero()[0]
        wanted = words[read]
        # In order, so that one search begins where the last one ended.
        order = wanted.argsort()
        wanted = wanted[order]
        listed = self.words.searchsorted(wanted)
        equal = (self.words.take(listed, mode="clip") == wanted).nonzero()[0]
        return Found(read[order[equal]], listed[equal])

    def _find(self, words: Words, lanes: int) -> Found:
        rows = _row_count(lanes, self._edits)
        step = max(1, _PROBES_AT_ONCE // rows)
        room = _Room(rows * min(step, len(words)))
        begins = range(0, max(1, len(words)), step)
        kept = [self._filtered(words[begin : begin + step], lanes, rows, room) for begin in begins]
        if len(kept) == 1:
            return self._look_up(words, *kept[0])
        hashes = np.concatenate([part[0] for part in kept])
        read = np.concatenate([part[1] + n * step for n, part in enumerate(kept)])
        return self._look_up(words, hashes, read)

    def _filtered(self, words: Words, lanes: int, rows: int, room: "_Room") -> tuple[Words, Indices]:
        """Hashes of the keys that the filter lets through, and the position of each one's word."""
        many = rows * len(words)
        hashes, at, seen, marks = room.hashes[:many], room.at[:many], room.seen[:many], room.marks[:many]
        _fill(hashes.reshape(rows, len(words)), words, lanes, self._edits)
        np.multiply(hashes, _FACTOR, out=hashes)
        np.right_shift(hashes, self._filter_shift, out=at)
        # In a mode that cannot raise, NumPy writes straight into `out`.
        self._filter.take(at.view(np.intp), out=seen, mode="clip")
        _THREE_BITS.take(hashes.view(np.uint8)[_MARK_BYTE::8], out=marks, mode="clip")
        np.bitwise_and(seen, marks, out=seen)
        kept = (seen == marks).nonzero()[0]
        return hashes[kept], kept % len(words)

    def _look_up(self, words: Words, hashes: Words, at: Indices) -> Found:
        """What the table holds under the hashes, and is near to the words at the positions `at`."""
        probe, listed = self._listed_under(hashes)
        read = at[probe]
        one, other = words[read], self.words[listed]
        near = _within(one, other, self._edits)
        near &= ~is_short(other) | (one == other)
        pairs = packing.distinct((read[near] << _NUMBER_BITS) | listed[near])
        return Found(pairs >> _NUMBER_BITS, pairs & (PLATES_MAX - 1))

    def _listed_under(self, hashes: Words) -> tuple[Indices, Indices]:
        """(position in `hashes`, number of the plate) of every key that may have such a hash; some come
        more than once, since an empty place looks like the key of plate 0."""
        entries = self._table.take(self._bucket_of(hashes), mode="clip").view(np.uint32)
        spills = (entries[_BUCKET - 1 :: _BUCKET] & _SPILLS).nonzero()[0]
        marks = entries.reshape(-1, _BUCKET) ^ hashes.astype(np.uint32)[:, None]
        same = (marks.ravel() < _UNMARKED).nonzero()[0]
        probe, listed = same // _BUCKET, (entries[same] & _NUMBER).astype(np.intp)
        if not len(spills):
            return probe, listed
        more, numbers = self._spilled_under(hashes[spills])
        return np.concatenate((probe, spills[more])), np.concatenate((listed, numbers))

    def _spilled_under(self, hashes: Words) -> tuple[Indices, Indices]:
        """The same of what has no room in the buckets."""
        wanted = hashes & _TOP
        begins = self._spilled.searchsorted(wanted)
        # Hardly ever is there any: the bucket spilled another key.
        there = (self._spilled.take(begins, mode="clip") & _TOP == wanted).nonzero()[0]
        begins = begins[there]
        counts = self._spilled.searchsorted(wanted[there] | ~_TOP, side="right") - begins
        probe = np.repeat(there, counts)
        within = np.arange(len(probe)) - np.repeat(np.cumsum(counts) - counts, counts)
        listed = self._spilled[np.repeat(begins, counts) + within] & ~_TOP
        return probe, listed.view(np.intp)


def _hashed_keys(words: Words, edits: int) -> Words:
    """Sorted, distinct: the top 40 bits of each key's hash, over the number of its plate."""
    number = np.arange(len(words), dtype=_U)
    short = np.flatnonzero(is_short(words))
    middle = np.flatnonzero(~is_short(words) & ((words >> _SEVEN_BITS) == 0))
    long = np.flatnonzero(words >> _SEVEN_BITS)
    parts = [(words[short] * _FACTOR) & _TOP | number[short]]
    for group, lanes in ((middle, 7), (long, LANES)):
        keys = np.empty((_row_count(lanes, edits), len(group)), _U)
        _fill(keys, words[group], lanes, edits)
        keys *= _FACTOR
        keys &= _TOP
        keys |= number[group]
        parts.append(keys.ravel())
    return packing.distinct(np.concatenate(parts))


def _filter(hashes: Words, bits_a_key: int) -> tuple[np.uint64, npt.NDArray[np.uint16]]:
    """A filter of these hashes: three bits set in one word for each. A hash's word is the one that its top
    bits, by the shift, say."""
    place_bits = max(1, (len(hashes) * bits_a_key // _FILTER_WORD_BITS).bit_length())
    shift = _U(64 - place_bits)
    made = np.zeros(1 << place_bits, np.uint16)
    for begin in range(0, len(hashes), _BUILT_AT_ONCE):
        part = hashes[begin : begin + _BUILT_AT_ONCE]
        at = (part >> shift).view(np.intp)
        bits = _THREE_BITS.take(part.view(np.uint8)[_MARK_BYTE::8], mode="clip")
        while len(at):
            # Of hashes that share a word one is written; the others come again.
            made[at] = made.take(at, mode="clip") | bits
            missing = (made.take(at, mode="clip") & bits != bits).nonzero()[0]
            at, bits = at[missing], bits[missing]
    return shift, made


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
