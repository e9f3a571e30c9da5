"""Which pairs of a read and a listed plate are worth scoring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Read
from anpr_match.matching import channel, packing
from anpr_match.matching.batch import Cameras, Columns
from anpr_match.matching.channel import LENGTH_MAX, Codes
from anpr_match.matching.index import Pairs, WatchlistIndex
from anpr_match.matching.normalise import normalise_many
from anpr_match.matching.packing import Indices

KNOWN_SOURCES = 2
"""A text that so many cameras or days have seen is some vehicle's plate, and not looked at further."""
_SLOT_BITS = 32


@dataclass(frozen=True, slots=True)
class Batch:
    """Reads by number. `texts` ("" for a read without a comparable one), how they are `packed`, their
    `cameras`, and `sources` (how many had seen the text before) run beside the columns."""

    columns: Columns
    texts: Sequence[str]
    packed: packing.Packed
    cameras: Cameras
    sources: NDArray[np.uint8]

    def read(self, number: int) -> Read:
        """The read of a number, whole."""
        return self.columns.read(number)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of a read, by its number, and a slot of the index: each once, by number and then by slot.
    `exact` says where the texts agree; no text is longer than LENGTH_MAX unless they do."""

    number: Indices
    slot: Indices
    exact: NDArray[np.bool_]

    def some(self, at: Indices | slice) -> "Candidates":
        """The pairs at these places."""
        return Candidates(self.number[at], self.slot[at], self.exact[at])


def find(batch: Batch, index: WatchlistIndex) -> Candidates:
    """Every pair worth scoring.

    Exact matches always. Fuzzy ones for reads without an exact match whose text is not known to be a
    plate: one edit apart, on short lists further, and the neighbours of the engine's other readings.
    """
    exact = index.find_exact(batch.texts, batch.packed)
    looked_at = (batch.sources < KNOWN_SOURCES) & (batch.packed.lengths > 0)
    looked_at[exact.read] = False
    open_ = np.flatnonzero(looked_at)
    near = index.find_wider([batch.texts[i] for i in open_.tolist()], batch.packed.some(open_))
    named = _named(batch, open_, index)
    number = np.concatenate((exact.read, open_[near.read], named.read))
    slot = np.concatenate((exact.slot, near.slot, named.slot))
    pairs, first = np.unique(number << _SLOT_BITS | slot, return_index=True)
    found = Candidates(pairs >> _SLOT_BITS, pairs & ((1 << _SLOT_BITS) - 1), first < len(exact.read))
    return _comparable(found, batch, index)


def _comparable(found: Candidates, batch: Batch, index: WatchlistIndex) -> Candidates:
    """Without pairs that are too long to be compared, unless they agree."""
    no_word = (batch.packed.words[found.number] == 0) | (index.words_of(found.slot) == 0)
    long = [
        i
        for i in np.flatnonzero(no_word & ~found.exact).tolist()
        if max(len(batch.texts[found.number[i]]), len(index.vrm_of(int(found.slot[i])))) > LENGTH_MAX
    ]
    return found.some(np.delete(np.arange(len(found.number)), long)) if long else found


def codes(found: Candidates, batch: Batch, index: WatchlistIndex) -> tuple[Codes, Codes]:
    """The texts of the pairs, read and listed. Of texts too long to align, which agree, the beginning
    stands for the whole."""
    read_words, listed_words = batch.packed.words[found.number], index.words_of(found.slot)
    read, listed = channel.decode(read_words), channel.decode(listed_words)
    for i in np.flatnonzero(read_words == 0).tolist():
        read[i] = channel.encode([batch.texts[found.number[i]][:LENGTH_MAX]])
    for i in np.flatnonzero(listed_words == 0).tolist():
        listed[i] = channel.encode([index.vrm_of(int(found.slot[i]))[:LENGTH_MAX]])
    return read, listed


def _named(batch: Batch, numbers: Indices, index: WatchlistIndex) -> Pairs:
    """Pairs of a read with the listed plates that one of the engine's other readings is near."""
    of: list[int] = []
    raw: list[str] = []
    for number in numbers[batch.columns.with_readings[numbers]].tolist():
        for candidate in batch.columns.other_readings(number):
            of.append(number)
            raw.append(candidate.plate)
    kept = [(number, vrm) for number, vrm in zip(of, normalise_many(raw), strict=True) if vrm]
    if not kept:
        return Pairs(numbers[:0], numbers[:0])
    found = index.find([vrm for _, vrm in kept])
    return Pairs(np.array([number for number, _ in kept], np.intp)[found.read], found.slot)
