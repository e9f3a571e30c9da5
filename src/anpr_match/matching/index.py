"""The watchlist as the matcher sees it: immutable, safe to share between threads and to swap."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from anpr_match.domain.watchlist import Change, Entry, State
from anpr_match.matching import packing
from anpr_match.matching.packing import Indices
from anpr_match.matching.segment import Segment

DELTA_ENTRIES_MAX = 4096
"""So many edits are made good in a few milliseconds each; after them the whole list is due anew."""

Alive = npt.NDArray[np.bool_]


class Pairs(NamedTuple):
    """Positions in the reads asked for, and beside them slots of the index; no pair comes twice."""

    read: Indices
    slot: Indices


class WatchlistIndex:
    """All active entries at one revision.

    A big base, built once, and a small delta of what was edited since. A plate that an edit touches
    moves into the delta with all its entries, so each plate has one slot: those of the base come
    first, then those of the delta.
    """

    def __init__(
        self,
        revision: int,
        base: Segment,
        alive: Alive,
        edited: Mapping[str, Entry],
        platefree: Mapping[str, Entry],
    ) -> None:
        self.revision = revision
        self._base = base
        self._alive = alive
        self._edited = edited
        self._delta = Segment(list(edited.values()))
        self._platefree = platefree
        self._dead_entries = sum(len(base.entries_of(slot)) for slot in np.flatnonzero(~alive).tolist())

    @classmethod
    def build(cls, entries: Sequence[Entry], revision: int) -> Self:
        """An index of these active entries; about a second for a million."""
        base = Segment([entry for entry in entries if entry.terms.vrm])
        platefree = {entry.entry_id: entry for entry in entries if not entry.terms.vrm}
        return cls(revision, base, np.ones(base.slots, np.bool_), {}, platefree)

    def amended(self, changes: Sequence[Change]) -> Self:
        """The index with these changes made, in their order; milliseconds, whatever the list's size."""
        alive, edited, platefree = self._alive.copy(), dict(self._edited), dict(self._platefree)

        def free(slot: int | None) -> None:
            if slot is not None and alive[slot]:
                alive[slot] = False
                edited.update((entry.entry_id, entry) for entry in self._base.entries_of(slot))

        for change in changes:
            entry = change.entry
            before = self._base.entry_by_id(entry.entry_id)
            if before is not None and before.terms.vrm:
                free(self._base.slot_of(before.terms.vrm))
            edited.pop(entry.entry_id, None)
            platefree.pop(entry.entry_id, None)
            if entry.state is not State.ACTIVE:
                continue
            if entry.terms.vrm:
                free(self._base.slot_of(entry.terms.vrm))
                edited[entry.entry_id] = entry
            else:
                platefree[entry.entry_id] = entry
        revision = max((change.revision for change in changes), default=self.revision)
        return type(self)(max(self.revision, revision), self._base, alive, edited, platefree)

    def needs_rebuild(self) -> bool:
        """Whether so much was edited since the build that the caller should build anew and swap."""
        return len(self._edited) + self._dead_entries > DELTA_ENTRIES_MAX

    def __len__(self) -> int:
        """Entries, those without a plate included."""
        return len(self._base) - self._dead_entries + len(self._edited) + len(self._platefree)

    def find(self, vrms: Sequence[str]) -> Pairs:
        """All pairs of a comparable plate read and a listed plate that are equal or one edit apart
        (insertion, deletion, substitution; no transposition). A listed plate of fewer than five
        characters is found by its equal only."""
        packed = packing.pack(vrms)
        found = self._base.find(vrms, packed)
        if len(self._edited) or self._dead_entries:
            kept = self._alive[found.listed]
            later = self._delta.find(vrms, packed)
            read = np.concatenate((found.read[kept], later.read))
            return Pairs(read, np.concatenate((found.listed[kept], later.listed + self._base.slots)))
        return Pairs(found.read, found.listed)

    def vrm_of(self, slot: int) -> str:
        """The plate of a slot."""
        base = self._base.slots
        return self._base.vrm_of(slot) if slot < base else self._delta.vrm_of(slot - base)

    def entries_of(self, slot: int) -> tuple[Entry, ...]:
        """Every entry under the plate of a slot: two forces' entries for one car both match."""
        base = self._base.slots
        return self._base.entries_of(slot) if slot < base else self._delta.entries_of(slot - base)

    @property
    def nbytes(self) -> int:
        """Bytes of the index, the entries themselves left out."""
        return self._base.nbytes + self._delta.nbytes + self._alive.nbytes
