"""One immutable part of a watchlist's index: distinct plates in slots, and the entries under each."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from anpr_match.domain.watchlist import Entry
from anpr_match.matching import lookalikes, packing
from anpr_match.matching.deletions import DeletionIndex, Found, is_short
from anpr_match.matching.long_plates import LongPlates
from anpr_match.matching.packing import Indices, Packed, Words
from anpr_match.matching.unplated import Unplated

ENTRIES_MAX = 1 << 24

_ID_OF = attrgetter("entry_id")
_ID = ~(ENTRIES_MAX - 1)


class Segment:
    """Slots 0 to n-1 are the distinct plates in the order of their words, then the long ones.

    Beside the entries themselves it keeps arrays only, no object for each plate.
    """

    def __init__(self, entries: Sequence[Entry], wide: bool) -> None:
        if len(entries) > ENTRIES_MAX:
            raise ValueError(f"at most {ENTRIES_MAX} entries")
        self._entries = tuple(entries)
        vrms = [entry.terms.vrm or "" for entry in self._entries]
        packed = packing.pack(vrms)
        self.unplated = Unplated(self._entries[i] for i in (packed.lengths == 0).nonzero()[0].tolist())
        words, self._members, self._offsets = _grouped(packed)
        self.deletions = DeletionIndex(words)
        self._folded = DeletionIndex(packing.exchanged(words, lookalikes.FOLD), edits=2) if wide else None
        self._long_vrms = sorted({vrms[i] for i in packed.long.tolist()})
        self._long_slots = {vrm: len(words) + i for i, vrm in enumerate(self._long_vrms)}
        self._long_members: dict[int, list[int]] = {}
        for i in packed.long.tolist():
            self._long_members.setdefault(self._long_slots[vrms[i]], []).append(i)
        tens = np.flatnonzero(words >> np.uint64(6 * 9)).tolist()
        self.long_plates = LongPlates(
            [(packing.unpack(int(words[slot])), slot) for slot in tens] + list(self._long_slots.items())
        )
        self._ids = _hashed_ids(self._entries)

    @property
    def slots(self) -> int:
        return len(self.deletions.words) + len(self._long_vrms)

    @property
    def wide(self) -> bool:
        """Whether `find_wider` looks further than `find`."""
        return self._folded is not None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays; the entries themselves are not counted, the references to them are."""
        own = self._members.nbytes + self._offsets.nbytes + self._ids.nbytes
        folded = self._folded.nbytes if self._folded else 0
        return self.deletions.nbytes + folded + own + 8 * len(self._entries)

    def find(self, vrms: Sequence[str], packed: Packed) -> Found:
        """Every (read, slot) pair within one edit, once."""
        return self._with_long(self.deletions.find(packed.words), vrms, packed)

    def find_exact(self, vrms: Sequence[str], packed: Packed) -> Found:
        """Every (read, slot) pair of equal plates, once."""
        found = self.deletions.find_equal(packed.words)
        if not self._long_slots:
            return found
        long = [(i, self._long_slots[vrms[i]]) for i in packed.long.tolist() if vrms[i] in self._long_slots]
        return _added(found, long)

    def find_wider(self, vrms: Sequence[str], packed: Packed, folded: Words) -> Found:
        """Every (read, slot) pair within two edits after look-alikes are made one, once; a segment
        that is not wide finds what `find` does."""
        if self._folded is None:
            return self.find(vrms, packed)
        read, slot = self._folded.find(folded)
        listed = self.deletions.words[slot]
        kept = ~is_short(listed) | (packed.words[read] == listed)
        return self._with_long(Found(read[kept], slot[kept]), vrms, packed)

    def _with_long(self, found: Found, vrms: Sequence[str], packed: Packed) -> Found:
        if self.long_plates.empty:
            return found
        wanted = (packed.lengths >= packing.LANES).nonzero()[0].tolist()
        wanted = [i for i in wanted if self.long_plates.wants(len(vrms[i]))]
        return _added(found, list(self.long_plates.find(vrms, wanted)))

    def vrm_of(self, slot: int) -> str:
        words = self.deletions.words
        return packing.unpack(int(words[slot])) if slot < len(words) else self._long_vrms[slot - len(words)]

    def entries_of(self, slot: int) -> tuple[Entry, ...]:
        if slot >= len(self.deletions.words):
            return tuple(self._entries[i] for i in self._long_members[slot])
        begin, end = self._offsets[slot : slot + 2].tolist()
        return tuple([self._entries[i] for i in self._members[begin:end].tolist()])

    def words_of(self, slots: Indices) -> Words:
        """The words of slots, 0 for those of long plates."""
        words = self.deletions.words
        if not self._long_vrms:
            return words[slots]
        found = np.zeros(len(slots), np.uint64)
        packed = np.flatnonzero(slots < len(words))
        found[packed] = words[slots[packed]]
        return found

    def slot_of(self, vrm: str) -> int | None:
        """The slot of exactly this plate."""
        if len(vrm) > packing.LANES:
            return self._long_slots.get(vrm)
        words = self.deletions.words
        word = packing.pack([vrm]).words[0]
        slot = int(np.searchsorted(words, word))
        return slot if slot < len(words) and words[slot] == word else None

    def entry_by_id(self, entry_id: str) -> Entry | None:
        wanted = hash(entry_id) & _ID
        at = int(self._ids.searchsorted(wanted))
        while at < len(self._ids) and self._ids[at] & _ID == wanted:
            entry = self._entries[int(self._ids[at] & ~_ID)]
            if entry.entry_id == entry_id:
                return entry
            at += 1
        return None


def _added(found: Found, pairs: list[tuple[int, int]]) -> Found:
    if not pairs:
        return found
    read, slot = np.array(pairs, np.intp).T
    return Found(np.concatenate((found.read, read)), np.concatenate((found.listed, slot)))


def _grouped(packed: Packed) -> tuple[Words, npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Distinct words in order, the entries' numbers in that order, and where each word's begin."""
    order = np.argsort(packed.words)
    words = packed.words[order]
    some = int(np.searchsorted(words, 1))
    order, words = order[some:], words[some:]
    if not len(words):
        return words, order.astype(np.uint32), np.zeros(1, np.uint32)
    new = np.concatenate(([True], words[1:] != words[:-1]))
    first = np.flatnonzero(new)
    # Entries of one plate in the order in which they came: a second sort is faster than a stable one.
    members = np.cumsum(new) << 32 | order
    members.sort()
    return words[first], members.astype(np.uint32), np.append(first, len(words)).astype(np.uint32)


def _hashed_ids(entries: Sequence[Entry]) -> npt.NDArray[np.int64]:
    """The hashes of the entries' ids, in order, each with the number of its entry in the lowest bits."""
    ids = np.fromiter(map(hash, map(_ID_OF, entries)), np.int64, len(entries))
    ids &= _ID
    ids |= np.arange(len(entries))
    ids.sort()
    return ids
