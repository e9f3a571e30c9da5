"""The plates of a batch of reads as comparable texts and as words, in one pass over their characters."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anpr_match.matching import packing
from anpr_match.matching.normalise import normalise_many
from anpr_match.matching.packing import LANES, Indices, Packed


class Texts(NamedTuple):
    """Comparable texts, "" where there is none (unread, or refused), and how they are packed."""

    texts: Sequence[str]
    packed: Packed


def texts_of(plates: Sequence[str]) -> Texts:
    """The texts that `normalise` gives these plates.

    Plates that are comparable as they are, which is nearly all that cameras send, are looked at by
    columns only; the others are settled by themselves.
    """
    if not plates:
        return Texts(plates, packing.nothing())
    joined = "\n".join(plates)
    # What is not ASCII becomes a question mark, which is odd.
    raw = (joined + packing.PADDING).encode("ascii", "replace")
    units = np.frombuffer(raw, np.uint8)[: len(joined) + 1]
    plain = units == packing.NEWLINE
    ends = plain.nonzero()[0]
    if len(ends) != len(plates):
        return _one_by_one(plates)
    packed = packing.cut(raw, ends)
    plain |= (units - np.uint8(ord("0"))) < 10
    plain |= (units - np.uint8(ord("A"))) < 26
    if plain.all():
        return Texts(plates, packed)
    return _settled(plates, packed, np.unique(ends.searchsorted((~plain).nonzero()[0])))


def _one_by_one(plates: Sequence[str]) -> Texts:
    texts = [vrm or "" for vrm in normalise_many(plates)]
    return Texts(texts, packing.pack(texts))


def _settled(plates: Sequence[str], packed: Packed, odd: Indices) -> Texts:
    """With the plates of the numbers `odd` normalised."""
    own = _one_by_one([plates[number] for number in odd.tolist()])
    texts = list(plates)
    for number, text in zip(odd.tolist(), own.texts, strict=True):
        texts[number] = text
    packed.words[odd] = own.packed.words
    packed.lengths[odd] = own.packed.lengths
    return Texts(texts, Packed(packed.words, packed.lengths, (packed.lengths > LANES).nonzero()[0]))
