"""The watchlist as the matcher sees it: immutable, safe to share between threads and to swap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from anpr_match.domain.read import Vehicle
from anpr_match.domain.watchlist import Change, Entry, State
from anpr_match.matching import lookalikes, packing
from anpr_match.matching.deletions import Found
from anpr_match.matching.packing import Indices, Packed, Words
from anpr_match.matching.segment import Segment

EDITS_MAX = 2048
"""So many edits are made good in milliseconds each; after them the whole list is due anew."""

WIDE_ENTRIES_MAX = 5_000
"""Up to so many entries the wider search is kept; above, two edits lead to several plates a read."""

WIDE_EDITS_MAX = 512


class Pairs(NamedTuple):
    """Positions in the reads asked for, and beside them slots of the index; no pair comes twice."""

    read: Indices
    slot: Indices


@dataclass(frozen=True, slots=True)
class _Edits:
    """What became of the base since it was built.

    `alive` says which of its slots still count, `dead` how many entries lie under the others, `gone`
    which of its entries without a plate no longer count; `entries` are what came instead.
    """

    alive: npt.NDArray[np.bool_]
    dead: int = 0
    gone: frozenset[str] = frozenset()
    entries: Mapping[str, Entry] = field(default_factory=dict)


class WatchlistIndex:
    """All active entries at one revision.

    A big base, built once, and a small delta of what was edited since. A plate that an edit touches
    moves into the delta with all its entries, so each plate has one slot: those of the base come
    first, then those of the delta.
    """

    def __init__(self, revision: int, base: Segment, edits: _Edits) -> None:
        self.revision = revision
        self._base = base
        self._edits = edits
        self._delta = Segment(list(edits.entries.values()), base.wide)

    @classmethod
    def build(cls, entries: Sequence[Entry], revision: int) -> Self:
        """An index of these active entries; about a second for a million."""
        base = Segment(entries, wide=len(entries) <= WIDE_ENTRIES_MAX)
        return cls(revision, base, _Edits(np.ones(base.slots, np.bool_)))

    def amended(self, changes: Sequence[Change]) -> Self:
        """The index with these changes made, in their order; milliseconds, whatever the list's size."""
        ledger = _Ledger(self._base, self._edits)
        for change in changes:
            ledger.forget(change.entry.entry_id)
            if change.entry.state is State.ACTIVE:
                ledger.add(change.entry)
        revision = max((change.revision for change in changes), default=self.revision)
        return type(self)(max(self.revision, revision), self._base, ledger.edits())

    def needs_rebuild(self) -> bool:
        """Whether so much was edited since the build that the caller should build anew and swap."""
        edits = len(self._edits.entries) + self._edits.dead + len(self._edits.gone)
        return edits > (WIDE_EDITS_MAX if self.wide else EDITS_MAX)

    def __len__(self) -> int:
        """Entries, those without a plate included."""
        lost = self._edits.dead + len(self._edits.gone)
        return len(self._base) - lost + len(self._edits.entries)

    def find(self, vrms: Sequence[str], packed: Packed | None = None) -> Pairs:
        """All pairs of a comparable plate read and a listed plate that are equal or one edit apart
        (insertion, deletion, substitution; no transposition). A listed plate of fewer than five
        characters is found by its equal only.

        `packed` are the same plates, for a caller that has them packed already.
        """
        own = packed or packing.pack(vrms)
        return self._joined(self._base.find(vrms, own), lambda: self._delta.find(vrms, own))

    def find_exact(self, vrms: Sequence[str], packed: Packed | None = None) -> Pairs:
        """All pairs of a comparable plate read and a listed plate that are equal: an eighth of the
        work of `find`."""
        own = packed or packing.pack(vrms)
        return self._joined(self._base.find_exact(vrms, own), lambda: self._delta.find_exact(vrms, own))

    @property
    def wide(self) -> bool:
        """Whether the list is short enough for `find_wider` to look further than `find`."""
        return self._base.wide

    def find_wider(self, vrms: Sequence[str], packed: Packed | None = None) -> Pairs:
        """All pairs that are at most two edits apart once look-alike characters are made one
        (`lookalikes.CLASSES`), which holds every pair at most two edits apart as they are; with the
        same rule for short plates, and for more than ten characters one edit as in `find`. A list
        that is not `wide` gives what `find` gives: there two edits fit any read."""
        if not self.wide:
            return self.find(vrms, packed)
        own = packed or packing.pack(vrms)
        folded = packing.exchanged(own.words, lookalikes.FOLD)
        base = self._base.find_wider(vrms, own, folded)
        return self._joined(base, lambda: self._delta.find_wider(vrms, own, folded))

    def _joined(self, base: Found, search_delta: Callable[[], Found]) -> Pairs:
        """What the base and the delta hold; with no edit since the build nothing is searched twice."""
        if not self._edits.dead and not self._delta.slots:
            return Pairs(base.read, base.listed)
        delta, kept = search_delta(), self._edits.alive[base.listed]
        read = np.concatenate((base.read[kept], delta.read))
        return Pairs(read, np.concatenate((base.listed[kept], delta.listed + self._base.slots)))

    def find_patterns(self, vrms: Sequence[str], packed: Packed | None = None) -> list[tuple[int, Entry]]:
        """(position in `vrms`, entry) of every entry whose pattern a comparable plate fits."""
        if not (self._base.unplated.has_patterns or self._delta.unplated.has_patterns):
            return []
        packed = packed or packing.pack(vrms)
        base = self._base.unplated.find_patterns(vrms, packed)
        return self._standing(base) + self._delta.unplated.find_patterns(vrms, packed)

    @property
    def has_descriptions(self) -> bool:
        """Whether any entry is known by its looks alone, so that vehicles must be looked at."""
        return self._base.unplated.has_descriptions or self._delta.unplated.has_descriptions

    def find_described(self, vehicles: Sequence[Vehicle | None]) -> list[tuple[int, Entry]]:
        """(position in `vehicles`, entry) of every entry without plate or pattern whose description
        the vehicle fits: all that the entry says was seen, and is the same."""
        base = self._base.unplated.find_described(vehicles)
        return self._standing(base) + self._delta.unplated.find_described(vehicles)

    def _standing(self, found: list[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
        gone = self._edits.gone
        return [(read, entry) for read, entry in found if entry.entry_id not in gone] if gone else found

    def vrm_of(self, slot: int) -> str:
        """The plate of a slot."""
        base = self._base.slots
        return self._base.vrm_of(slot) if slot < base else self._delta.vrm_of(slot - base)

    def vrms_of(self, slots: Indices) -> list[str]:
        """The plates of slots."""
        words = self.words_of(slots)
        vrms = packing.unpack_many(words)
        for i in (words == 0).nonzero()[0].tolist():
            vrms[i] = self.vrm_of(int(slots[i]))
        return vrms

    def words_of(self, slots: Indices) -> Words:
        """The words of the plates of slots, 0 for a plate that is too long for one."""
        base = self._base.slots
        if not self._delta.slots:
            return self._base.words_of(slots)
        words = np.empty(len(slots), np.uint64)
        of_base = slots < base
        words[of_base] = self._base.words_of(slots[of_base])
        words[~of_base] = self._delta.words_of(slots[~of_base] - base)
        return words

    def entries_of(self, slot: int) -> tuple[Entry, ...]:
        """Every entry under the plate of a slot: two forces' entries for one car both match."""
        base = self._base.slots
        return self._base.entries_of(slot) if slot < base else self._delta.entries_of(slot - base)

    @property
    def nbytes(self) -> int:
        """Bytes of the index, the entries themselves left out."""
        return self._base.nbytes + self._delta.nbytes + self._edits.alive.nbytes


class _Ledger:
    """Edits being made to a copy of what stood."""

    def __init__(self, base: Segment, edits: _Edits) -> None:
        self._base = base
        self._alive = edits.alive.copy()
        self._dead = edits.dead
        self._gone = set(edits.gone)
        self._entries = dict(edits.entries)

    def forget(self, entry_id: str) -> None:
        before = self._base.entry_by_id(entry_id)
        if before is not None and before.terms.vrm:
            self._move(before.terms.vrm)
        elif before is not None:
            self._gone.add(entry_id)
        self._entries.pop(entry_id, None)

    def add(self, entry: Entry) -> None:
        if entry.terms.vrm:
            self._move(entry.terms.vrm)
        self._entries[entry.entry_id] = entry

    def _move(self, vrm: str) -> None:
        """The entries of this plate out of the base: a plate is in one part only."""
        slot = self._base.slot_of(vrm)
        if slot is not None and self._alive[slot]:
            self._alive[slot] = False
            moved = self._base.entries_of(slot)
            self._dead += len(moved)
            self._entries.update((entry.entry_id, entry) for entry in moved)

    def edits(self) -> _Edits:
        return _Edits(self._alive, self._dead, frozenset(self._gone), self._entries)
