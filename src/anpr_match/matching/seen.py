"""Plates seen before: a text read by two cameras, or on two days, is very likely some vehicle's plate.

So a read of it is most likely that vehicle, rightly read, and not a listed vehicle misread. The memory
holds personal data (which plates came by) and treats it so: only a keyed hash of a plate is kept, with
the day it was last seen; it forgets after `kept_days`, never grows past `plates_max`, and never has a
say in an exact match. The hash keeps plates out of casual sight in a file that is lost; whoever holds
the key can test a plate against it, so keep file and key apart.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching.packing import Words

WAYS = 4
"""Places a plate may lie in; when all are taken, the one seen longest ago is forgotten."""
SOURCES_MAX = 3
"""Two are enough to know a plate; what is above tells nothing more."""
PLATES_MAX = 1 << 20
KEPT_DAYS = 90

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"SEE1"
_ODD = np.uint64(1)
_HALF = np.uint64(32)
_DAY_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SOURCE_FACTOR = np.uint64(0xD6E8FEB86659FD93)


class SeenBefore:
    """A bounded, expiring set of keyed plate hashes. Not for use by two threads at once."""

    def __init__(self, key: bytes, plates_max: int = PLATES_MAX, kept_days: int = KEPT_DAYS) -> None:
        """`key` is a secret of at least 16 bytes; `plates_max` is rounded up to a power of two."""
        if len(key) < 16:
            raise ValueError("the key of the seen-before memory needs at least 16 bytes")
        self._multiply = np.frombuffer(key[:16], "<u8") | _ODD
        self._buckets = max(1, 1 << (plates_max // WAYS - 1).bit_length())
        self._kept_days = kept_days
        self._hash = np.zeros((self._buckets, WAYS), np.uint64)
        self._source = np.zeros((self._buckets, WAYS), np.uint16)
        self._day = np.zeros((self._buckets, WAYS), np.uint16)
        self._count = np.zeros((self._buckets, WAYS), np.uint8)

    def observe(
        self, words: Words, sources: NDArray[np.uint16], days: NDArray[np.uint16]
    ) -> NDArray[np.uint8]:
        """How many sources (0 to SOURCES_MAX) had seen each text before this read; then remembers it.

        A source is a camera on a day, as `sources` makes it. Reads see those before them in the same
        batch, so the answer does not depend on how a stream is cut into batches. A word of 0 (a text
        too long to pack, or unread) is never remembered.
        """
        if not len(words):  # a batch of unread plates alone
            return np.zeros(0, np.uint8)
        hashes = self._keyed(words)
        order = np.argsort(hashes, kind="stable")
        hashes, sources, days = hashes[order], sources[order], days[order]
        first = np.empty(len(order), np.bool_)
        first[:1] = True
        first[1:] = hashes[1:] != hashes[:-1]
        starts = np.flatnonzero(first)
        bucket, way, found = self._places(hashes[starts], days[starts])
        stored = np.where(found, self._count[bucket, way], 0)
        before_source = np.empty_like(sources)
        before_source[1:] = sources[:-1]
        before_source[starts] = np.where(found, self._source[bucket, way], 0)
        new = (before_source != sources).astype(np.int64)
        running = np.cumsum(new) - new
        group = np.cumsum(first) - 1
        counts = stored[group] + running - running[starts][group]
        ends = np.append(starts[1:], len(order))
        total = np.minimum(stored + np.add.reduceat(new, starts), SOURCES_MAX)
        self._write(bucket, way, found, (hashes[starts], sources[ends - 1], days[ends - 1], total))
        result = np.zeros(len(order), np.uint8)
        result[order] = np.minimum(counts, SOURCES_MAX)
        result[words == 0] = 0
        return result

    def to_bytes(self) -> bytes:
        """The memory as bytes, to be warm after a restart; without the key."""
        head = _HEAD.pack(_MAGIC, 1, self._buckets, self._kept_days)
        parts = (self._hash, self._source, self._day, self._count)
        return head + zlib.compress(b"".join(part.tobytes() for part in parts), 1)

    @classmethod
    def from_bytes(cls, raw: bytes, key: bytes) -> Self:
        """The memory that `to_bytes` gave. Raises ValueError when it is not one."""
        if len(raw) < _HEAD.size or raw[:4] != _MAGIC:
            raise ValueError("this is not a seen-before memory")
        _, _, buckets, kept_days = _HEAD.unpack_from(raw)
        memory = cls(key, plates_max=buckets * WAYS, kept_days=kept_days)
        body = zlib.decompress(raw[_HEAD.size :])
        offset = 0
        for part in (memory._hash, memory._source, memory._day, memory._count):
            piece = np.frombuffer(body, part.dtype, part.size, offset)
            part[:] = piece.reshape(part.shape)
            offset += part.nbytes
        return memory

    def _keyed(self, words: Words) -> NDArray[np.uint64]:
        mixed: NDArray[np.uint64] = words * self._multiply[0]
        mixed ^= mixed >> _HALF
        mixed *= self._multiply[1]
        mixed ^= mixed >> _HALF
        mixed *= self._multiply[0]
        return mixed

    def _places(
        self, hashes: NDArray[np.uint64], days: NDArray[np.uint16]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        """Bucket and way of each hash, and whether it is there and not too old; if it is not, the way
        to put it: an empty one, else the one seen longest ago."""
        bucket = (hashes >> np.uint64(40)).astype(np.intp) & (self._buckets - 1)
        held = self._hash[bucket] == hashes[:, None]
        found = held.any(axis=1) & (hashes != 0)
        oldest = np.argmin(np.where(self._hash[bucket] == 0, 0, self._day[bucket]), axis=1)
        way = np.where(found, np.argmax(held, axis=1), oldest)
        age = days.astype(np.int64) - self._day[bucket, way]
        return bucket, way, found & (age <= self._kept_days)

    def _write(
        self,
        bucket: NDArray[np.intp],
        way: NDArray[np.intp],
        found: NDArray[np.bool_],
        new: tuple[NDArray[np.uint64], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.int64]],
    ) -> None:
        """Put each plate in its place. Of new plates that want the same place in one batch, the later
        moves on to the next way."""
        hashes, sources, days, total = new
        nth = _rank(np.where(found, -1, bucket * WAYS + way))
        kept = (hashes != 0) & (nth < WAYS)
        at, slot = bucket[kept], ((way + np.where(found, 0, nth)) % WAYS)[kept]
        self._hash[at, slot] = hashes[kept]
        self._source[at, slot] = sources[kept]
        self._day[at, slot] = days[kept]
        self._count[at, slot] = total[kept]


def _rank(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each item's number among those that want the same place (0 for the first, and for place -1)."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(new)
    nth = np.empty(len(order), np.intp)
    nth[order] = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    nth[places < 0] = 0
    return nth


class _Checksums(dict[str, int]):
    """CRC-32 of each camera id met, made once."""

    def __missing__(self, camera_id: str) -> int:
        made = self[camera_id] = zlib.crc32(camera_id.encode())
        return made


def sources(camera_ids: Sequence[str], days: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Each read's source, a camera on a day, as a number from 1 to 65535."""
    checksums = np.fromiter(map(_Checksums().__getitem__, camera_ids), np.uint64, len(days))
    mixed = (checksums + days.astype(np.uint64) * _DAY_FACTOR) * _SOURCE_FACTOR
    return ((mixed >> _HALF) % np.uint64(0xFFFF) + _ODD).astype(np.uint16)
