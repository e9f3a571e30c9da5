"""Plates seen before: a text read by two cameras, or on two days, is very likely some vehicle's plate.

So a read of it is most likely that vehicle, rightly read, and not a listed vehicle misread. The memory
holds personal data (which plates came by) and treats it so: only a keyed hash of a plate is kept, with
the day it was last seen; it forgets after `kept_days`, never grows past `plates_max`, and never has a
say in an exact match. The hash keeps plates out of casual sight in a file that is lost; whoever holds
the key can test a plate against it, so keep file and key apart.
"""

import struct
import zlib
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching.batch import Cameras
from anpr_match.matching.packing import Indices, Words

WAYS = 4
"""Places a plate may lie in; when all are taken, the one seen longest ago is forgotten."""
SOURCES_MAX = 3
"""Two are enough to know a plate; what is above tells nothing more."""
PLATES_MAX = 1 << 20
KEPT_DAYS = 90

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"SEE2"
_U = np.uint64
_ODD = _U(1)
_HALF = _U(32)
_DAY_FACTOR = _U(0x9E3779B97F4A7C15)
_SOURCE_FACTOR = _U(0xD6E8FEB86659FD93)

# A plate is one word, so that a bucket of four is half a cache line. From the top: 30 bits of the hash,
# 16 of the day it was last seen, 2 of the count of sources, 16 of the last source. Once all sources
# that count are counted the last one is 0: then to be seen again on the same day changes nothing.
_SOURCE, _COUNT, _DAY = _U(0xFFFF), _U(3), _U(0xFFFF)
_COUNT_AT, _DAY_AT, _TAG_AT = _U(16), _U(18), _U(34)
_ONE_TAG = _U(1 << 34)
_TAG = ~(_ONE_TAG - _ODD)
_FULL = _U(SOURCES_MAX << 16)
_ROUND = 1 << 14
"""Reads looked up together: their arrays about fill a core's own cache."""
_OBSERVED_AT_ONCE = 1 << 16
"""Reads gone through in order together."""
_NUMBER = _U(_OBSERVED_AT_ONCE - 1)


class _Rest(NamedTuple):
    """Reads, by number, that a look at the table does not settle: hashes, days (in their place in a
    word), and the buckets of the hashes."""

    numbers: Indices
    hashes: Words
    today: Words
    rows: Words


class SeenBefore:
    """A bounded, expiring set of keyed plate hashes. Not for use by two threads at once.

    Two plates of one bucket are taken for each other when 30 more bits of their hashes agree: in a
    full memory four times in a thousand million looks.
    """

    def __init__(self, key: bytes, plates_max: int = PLATES_MAX, kept_days: int = KEPT_DAYS) -> None:
        """`key` is a secret of at least 16 bytes; `plates_max` is rounded up to a power of two."""
        if len(key) < 16:
            raise ValueError("the key of the seen-before memory needs at least 16 bytes")
        self._multiply = np.frombuffer(key[:16], "<u8") | _ODD
        self._bits = (max(plates_max // WAYS, 2) - 1).bit_length()
        self._kept_days = kept_days
        self._table = _zeros(1 << self._bits)
        # Used again by each round: to allocate it would cost as much as to fill it.
        self._room: Words = np.empty((_ROUND, WAYS), _U)

    def keep_days(self, kept_days: int) -> None:
        """Forget a plate so many days after it was last seen, also what is held already."""
        self._kept_days = kept_days

    @property
    def nbytes(self) -> int:
        """Bytes of the memory; they never change."""
        return self._table.nbytes

    def observe(
        self, words: Words, sources: NDArray[np.uint16], days: NDArray[np.uint16]
    ) -> NDArray[np.uint8]:
        """How many sources (0 to SOURCES_MAX) had seen each text before this read; then remembers it.

        A source is a camera on a day, as `sources` makes it. Reads see those before them in the same
        batch, so the answer does not depend on how a stream is cut into batches, but for which plate
        of a full bucket is forgotten. A word of 0 (a text too long to pack, or unread) is never
        remembered.
        """
        counts = np.empty(len(words), np.uint8)
        for begin, end in pairwise([*range(0, len(words), _OBSERVED_AT_ONCE), len(words)]):
            of_day = [begin, end]
            if np.ptp(days[begin:end]) > self._kept_days:
                # So long a file is gone through day by day: a plate may be forgotten between two reads.
                of_day[1:1] = (np.flatnonzero(np.diff(days[begin:end])) + begin + 1).tolist()
            for first, last in pairwise(of_day):
                part = slice(first, last)
                counts[part] = self._observed(words[part], sources[part], days[part])
        return counts

    def _observed(
        self, words: Words, sources: NDArray[np.uint16], days: NDArray[np.uint16]
    ) -> NDArray[np.uint8]:
        """Most reads are of plates that enough sources have seen and that were seen today already:
        those change nothing. Only the others are gone through in order."""
        counts = np.empty(len(words), np.uint8)
        rests = []
        for begin, end in pairwise([*range(0, len(words), _ROUND), len(words)]):
            rest = self._settled(words[begin:end], days[begin:end], counts[begin:end])
            rests.append(rest._replace(numbers=rest.numbers + begin))
        rest = _Rest(*map(np.concatenate, zip(*rests, strict=True))) if len(rests) > 1 else rests[0]
        if len(rest.numbers):
            counts[rest.numbers] = self._in_order(rest, sources[rest.numbers].astype(_U))
        return counts

    def _settled(self, words: Words, days: NDArray[np.uint16], counts: NDArray[np.uint8]) -> _Rest:
        """Fills in SOURCES_MAX for plates that need not be written, 0 for the others; gives the others."""
        hashes = self._keyed(words)
        today = days.astype(_U)
        today <<= _DAY_AT
        settled = self._tags(hashes)
        settled |= today
        settled |= _FULL
        room = self._room[: len(words)]
        # In a mode that cannot raise, NumPy writes straight into `out`.
        self._table.take(self._buckets(hashes), axis=0, mode="clip", out=room)
        known = room[:, 0] == settled
        for way in range(1, WAYS):
            known |= room[:, way] == settled
        np.multiply(known.view(np.uint8), np.uint8(SOURCES_MAX), out=counts)
        np.logical_not(known, out=known)
        known &= words != 0
        rest = known.nonzero()[0]
        return _Rest(rest, hashes[rest], today[rest], room[rest])

    def _in_order(self, reads: _Rest, sources: Words) -> Words:
        """The answers for reads by these sources, of which each may change what the next one is told."""
        # The number of a read stands under its hash, so that one sort brings the reads of a plate
        # together and leaves them in their order.
        keys = (reads.hashes & ~_NUMBER) | np.arange(len(reads.hashes), dtype=_U)
        keys.sort()
        order = (keys & _NUMBER).view(np.intp)
        sources = sources[order]
        first = np.ones(len(keys), np.bool_)
        np.greater(keys[1:] ^ keys[:-1], _NUMBER, out=first[1:])
        starts = first.nonzero()[0]
        ends = np.append(starts[1:], len(keys)) - 1
        plates = order[starts]
        hashes, today = reads.hashes[plates], reads.today[order[ends]]
        place, stored = self._places(hashes, reads.today[plates], reads.rows[plates])
        had = (stored >> _COUNT_AT) & _COUNT
        before = np.empty_like(sources)
        before[1:] = sources[:-1]
        before[starts] = stored & _SOURCE
        new = (before != sources).astype(_U)
        running = np.cumsum(new)
        had -= running[starts] - new[starts]
        counts = np.minimum(running - new + had[np.cumsum(first) - 1], _U(SOURCES_MAX))
        total = np.minimum(running[ends] + had, _U(SOURCES_MAX))
        last = np.where(total < SOURCES_MAX, sources[ends], _U(0))
        made = self._tags(hashes) | today | (total << _COUNT_AT) | last
        kept = place >= 0
        self._table.ravel()[place[kept]] = made[kept]
        result: Words = np.empty_like(counts)
        result[order] = counts
        return result

    def _places(self, hashes: Words, today: Words, rows: Words) -> tuple[Indices, Words]:
        """Where in the table each of the hashes, which are in order, lies or is to be put (-1: nowhere),
        and what is stored of it (0: nothing, or too long ago); `rows` are their buckets.

        A new plate goes to an empty place, else to the one seen longest ago. Of new plates that want
        the same place in one round, the later moves on to the next one.
        """
        at = self._buckets(hashes) * WAYS
        same = ((rows ^ self._tags(hashes)[:, None]) < _ONE_TAG) & (rows != 0)
        known, way = same.any(axis=1), same.argmax(axis=1)
        place = np.where(known, at + way, -1)
        stored = np.where(known, rows[np.arange(len(rows)), way], _U(0))
        days = today >> _DAY_AT, (stored >> _DAY_AT) & _DAY
        stored[days[0].view(np.int64) - days[1].view(np.int64) > self._kept_days] = 0
        new = (~known).nonzero()[0]
        if len(new):
            oldest = ((rows[new] >> _DAY_AT) & _DAY).argmin(axis=1)
            nth = _rank(at[new])
            place[new] = np.where(nth < WAYS, at[new] + (oldest + nth) % WAYS, -1)
        return place, stored

    def _keyed(self, words: Words) -> Words:
        mixed: Words = words * self._multiply[0]
        mixed ^= mixed >> _HALF
        mixed *= self._multiply[1]
        mixed ^= mixed >> _HALF
        mixed *= self._multiply[0]
        return mixed

    def _buckets(self, hashes: Words) -> Indices:
        return (hashes >> _U(64 - self._bits)).view(np.intp)

    def _tags(self, hashes: Words) -> Words:
        """The bits of the hash below those that pick the bucket, in their place in a word."""
        tags: Words = hashes << _U(self._bits)
        tags &= _TAG
        return tags

    def to_bytes(self) -> bytes:
        """The memory as bytes, to be warm after a restart; without the key."""
        head = _HEAD.pack(_MAGIC, 1, 1 << self._bits, self._kept_days)
        return head + zlib.compress(self._table.tobytes(), 1)

    @classmethod
    def from_bytes(cls, raw: bytes, key: bytes) -> Self:
        """The memory that `to_bytes` gave. Raises ValueError when it is not one."""
        if len(raw) < _HEAD.size or raw[:4] != _MAGIC:
            raise ValueError("this is not a seen-before memory, or one of another version")
        _, _, buckets, kept_days = _HEAD.unpack_from(raw)
        try:
            packed = zlib.decompress(raw[_HEAD.size :])
        except zlib.error as error:
            raise ValueError("the seen-before memory is not whole") from error
        if len(packed) != buckets * WAYS * _ODD.itemsize:
            raise ValueError("the seen-before memory is not whole")
        memory = cls(key, plates_max=buckets * WAYS, kept_days=kept_days)
        memory._table[:] = np.frombuffer(packed, _U).reshape(memory._table.shape)
        return memory


def _zeros(buckets: int) -> Words:
    """An empty table whose buckets do not lie across lines of a core's cache."""
    room = np.zeros((buckets + 1) * WAYS, _U)
    begin = -room.ctypes.data // room.itemsize % WAYS
    return room[begin : begin + buckets * WAYS].reshape(buckets, WAYS)


def _rank(ordered: Indices) -> Indices:
    """Each item's number among those equal to it, which stand together."""
    nth = np.zeros(len(ordered), np.intp)
    again = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    if len(again):
        new = np.ones(len(ordered), np.bool_)
        new[again] = False
        starts = np.flatnonzero(new)
        nth[again] = again - starts[np.searchsorted(starts, again, side="right") - 1]
    return nth


def sources(cameras: Cameras, days: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Each read's source, a camera on a day, as a number from 1 to 65535."""
    checksums = np.array([zlib.crc32(camera_id.encode()) for camera_id in cameras.ids], _U)
    if len(days) and (days == days[0]).all():
        return _mixed(checksums, days[:1].astype(_U)).take(cameras.of)
    return _mixed(checksums[cameras.of], days.astype(_U))


def _mixed(checksums: NDArray[np.uint64], days: NDArray[np.uint64]) -> NDArray[np.uint16]:
    mixed = (checksums + days * _DAY_FACTOR) * _SOURCE_FACTOR
    return ((mixed >> _HALF) % _U(0xFFFF) + _ODD).astype(np.uint16)
