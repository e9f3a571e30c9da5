"""Which pairs of a read and a listed plate are worth scoring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Read
from anpr_match.matching import channel, packing, typed
from anpr_match.matching.batch import Cameras, Columns
from anpr_match.matching.channel import LENGTH_MAX, Codes
from anpr_match.matching.index import Pairs, WatchlistIndex
from anpr_match.matching.normalise import normalise_many
from anpr_match.matching.packing import Indices
from anpr_match.matching.texts import Texts

KNOWN_SOURCES = 2
"""A text that so many cameras or days have seen is some vehicle's plate, and not looked at further."""
_NUMBER_AT = 33
_SLOT = (1 << 32) - 1


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


def find(batch: Batch, index: WatchlistIndex, by_hand: Indices) -> Candidates:
    """Every pair worth scoring. `by_hand` are the numbers of the reads that a person typed.

    Exact matches always. Fuzzy ones for reads without an exact match whose text is not known to be a
    plate: one edit apart, on short lists further, and the neighbours of the engine's other readings; of
    those that were typed also what they are with two characters swapped. Of a read whose text is known,
    only the listed plates that its engine names outright.
    """
    exact = index.find_exact(batch.texts, batch.packed)
    inexact = batch.packed.lengths > 0
    inexact[exact.read] = False
    unknown = batch.sources < KNOWN_SOURCES
    open_ = (inexact & unknown).nonzero()[0]
    near = index.find_wider(*Texts(batch.texts, batch.packed).some(open_))
    parts = [_keys(exact), _keys(Pairs(open_[near.read], near.slot)) | 1]
    with_readings = inexact & batch.columns.with_readings
    for numbers, search in (
        (with_readings & unknown, index.find),
        (with_readings & ~unknown, index.find_exact),
    ):
        if numbers.any():
            parts.append(_keys(_named(batch, numbers.nonzero()[0], search)) | 1)
    if len(by_hand):
        asked = by_hand[(inexact & unknown)[by_hand]]
        parts.append(_keys(_swapped(batch, asked, index)) | 1)
    keys = packing.distinct(np.concatenate(parts))
    found = Candidates(keys >> _NUMBER_AT, (keys >> 1) & _SLOT, (keys & 1) == 0)
    return _comparable(found, batch, index)


def _keys(pairs: Pairs) -> Indices:
    """One number for each pair, whose order is that of `Candidates`; the lowest bit is left 0."""
    keys: Indices = pairs.read << _NUMBER_AT | pairs.slot << 1
    return keys


def _comparable(found: Candidates, batch: Batch, index: WatchlistIndex) -> Candidates:
    """Without pairs that are too long to be compared, unless they agree."""
    no_word = batch.packed.words[found.number] == 0
    no_word |= index.words_of(found.slot) == 0
    if not no_word.any():
        return found
    long = [
        i
        for i in (no_word & ~found.exact).nonzero()[0].tolist()
        if max(len(batch.texts[found.number[i]]), len(index.vrm_of(int(found.slot[i])))) > LENGTH_MAX
    ]
    return found.some(np.delete(np.arange(len(found.number)), long)) if long else found


def codes_of_reads(numbers: Indices, batch: Batch) -> Codes:
    """The texts of reads. Of one too long to align, which has exact matches only, the beginning stands
    for the whole."""
    words = batch.packed.words[numbers]
    codes = channel.decode(words)
    for i in (words == 0).nonzero()[0].tolist():
        codes[i] = channel.encode([batch.texts[numbers[i]][:LENGTH_MAX]])
    return codes


def codes_of_slots(slots: Indices, index: WatchlistIndex) -> Codes:
    """The plates of slots, too long ones as in `codes_of_reads`."""
    words = index.words_of(slots)
    codes = channel.decode(words)
    for i in (words == 0).nonzero()[0].tolist():
        codes[i] = channel.encode([index.vrm_of(int(slots[i]))[:LENGTH_MAX]])
    return codes


def _named(batch: Batch, numbers: Indices, search: Callable[[Sequence[str]], Pairs]) -> Pairs:
    """Pairs of a read with the listed plates that the search finds for the engine's other readings of it."""
    of: list[int] = []
    raw: list[str] = []
    for number in numbers.tolist():
        for candidate in batch.columns.other_readings(number):
            of.append(number)
            raw.append(candidate.plate)
    kept = [(number, vrm) for number, vrm in zip(of, normalise_many(raw), strict=True) if vrm]
    found = search([vrm for _, vrm in kept])
    return Pairs(np.array([number for number, _ in kept], np.intp)[found.read], found.slot)


def _swapped(batch: Batch, numbers: Indices, index: WatchlistIndex) -> Pairs:
    """Pairs of a read with the listed plates that it is with two characters swapped."""
    texts = [(number, text) for number in numbers.tolist() for text in typed.swaps(batch.texts[number])]
    found = index.find_exact([text for _, text in texts])
    return Pairs(np.array([number for number, _ in texts], np.intp)[found.read], found.slot)
