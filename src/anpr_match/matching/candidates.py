"""Which pairs of a read and a listed plate are worth scoring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Read
from anpr_match.matching import packing
from anpr_match.matching.batch import Columns
from anpr_match.matching.channel import LENGTH_MAX
from anpr_match.matching.index import Pairs, WatchlistIndex
from anpr_match.matching.normalise import normalise_many

KNOWN_SOURCES = 2
"""A text that so many cameras or days have seen is some vehicle's plate, and not looked at further."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Reads that have a comparable text. `position` (in the columns), `texts`, how they are
    `packed`, and `sources` (how many had seen the text before) run side by side."""

    columns: Columns
    position: NDArray[np.intp]
    texts: Sequence[str]
    packed: packing.Packed
    sources: NDArray[np.uint8]

    def read(self, number: int) -> Read:
        """The read of a number in this batch, whole."""
        return self.columns.read(int(self.position[number]))


class Candidate(NamedTuple):
    """A read of the batch, by its number, against a slot of the index; `exact` when the texts agree."""

    number: int
    slot: int
    listed: str
    exact: bool


def find(batch: Batch, index: WatchlistIndex) -> list[Candidate]:
    """Every pair worth scoring, once, in the order of the batch.

    Exact matches always. Fuzzy ones for reads without an exact match whose text is not known to be a
    plate: one edit apart, on short lists further, and the neighbours of the engine's other readings.
    """
    exact = index.find_exact(batch.texts, batch.packed)
    has_exact = np.zeros(len(batch.texts), np.bool_)
    has_exact[exact.read] = True
    open_ = np.flatnonzero(~has_exact & (batch.sources < KNOWN_SOURCES))
    near = index.find_wider([batch.texts[i] for i in open_.tolist()])
    parts = (exact, Pairs(open_[near.read], near.slot), _named(batch, open_, index))
    both = [np.concatenate([part.read for part in parts]), np.concatenate([part.slot for part in parts])]
    found = []
    for number, slot in np.unique(np.stack(both), axis=1).T.tolist():
        listed, text = index.vrm_of(slot), batch.texts[number]
        if text == listed or max(len(text), len(listed)) <= LENGTH_MAX:
            found.append(Candidate(number, slot, listed, text == listed))
    return found


def _named(batch: Batch, numbers: NDArray[np.intp], index: WatchlistIndex) -> Pairs:
    """Pairs of a read with the listed plates that one of the engine's other readings is near."""
    of: list[int] = []
    raw: list[str] = []
    for number in numbers[batch.columns.with_readings[batch.position[numbers]]].tolist():
        for candidate in batch.columns.other_readings(int(batch.position[number])):
            of.append(number)
            raw.append(candidate.plate)
    kept = [(number, vrm) for number, vrm in zip(of, normalise_many(raw), strict=True) if vrm]
    if not kept:
        return Pairs(numbers[:0], numbers[:0])
    found = index.find([vrm for _, vrm in kept])
    return Pairs(np.array([number for number, _ in kept], np.intp)[found.read], found.slot)
