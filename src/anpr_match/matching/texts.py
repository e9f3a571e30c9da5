"""The plates of a batch of reads as comparable texts and as words, in one pass over their characters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Self, overload

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching import packing
from anpr_match.matching.normalise import normalise_many
from anpr_match.matching.packing import LANES, Indices, Packed

_PLAIN = np.zeros(256, np.bool_)
_PLAIN[[*b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]] = True
_EIGHT_TRUE = np.uint64(0x0101010101010101)
_BEHIND = np.array([int.from_bytes(b"A" * (8 - n), "big") << 8 * n for n in range(9)], np.uint64)
"""Plain characters for the bytes behind a text of so many."""


class Cells(Sequence[str]):
    """Texts that lie in one run of UTF-8, each cut out when it is asked for.

    `starts` and `ends` are places in `raw`, behind which 16 bytes of room are needed. A text that is not
    what its bytes say stands in `instead`, by its start.
    """

    def __init__(self, raw: bytes, starts: Indices, ends: Indices, instead: Mapping[int, str]) -> None:
        self.raw, self.starts, self.ends, self.instead = raw, starts, ends, instead

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> str | Self:
        if isinstance(place, slice):
            return self.at(place)
        return self._text(int(self.starts[place]), int(self.ends[place]))

    def at(self, part: slice | Indices) -> Self:
        """Those at these places; none is cut out for that."""
        return type(self)(self.raw, self.starts[part], self.ends[part], self.instead)

    def __iter__(self) -> Iterator[str]:
        return map(self._text, self.starts.tolist(), self.ends.tolist())

    def _text(self, start: int, end: int) -> str:
        text = self.instead.get(start)
        return self.raw[start:end].decode() if text is None else text

    @property
    def widths(self) -> Indices:
        """How many bytes each takes in the run."""
        return self.ends - self.starts

    def numbered(self) -> tuple[list[str], Indices]:
        """The different texts, and which of them each is."""
        if self.instead:
            numbers: dict[str, int] = {}
            each = (numbers.setdefault(text, len(numbers)) for text in self)
            which = np.fromiter(each, np.intp, len(self))
            return list(numbers), which
        widths = self.widths
        ranks = _ranks(widths.view(np.uint64))
        for begin in range(0, int(widths.max(initial=0)), 8):
            # A text that has ended begins where it ended, so that no place is behind the run.
            part = np.minimum(self.starts + begin, self.ends)
            eight = _ranks(packing.eights(self.raw, part, np.maximum(widths - begin, 0)))
            ranks = _ranks(ranks << np.uint64(32) | eight)
        which = ranks.view(np.intp)
        one_of_each = np.empty(int(which.max(initial=-1)) + 1, np.intp)
        one_of_each[which] = np.arange(len(self))
        return [self[place] for place in one_of_each.tolist()], which


def _ranks(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number's place among the different ones in their order."""
    return np.unique(numbers).searchsorted(numbers).astype(np.uint64)


class _Picked(Sequence[str]):
    """The texts at some places of others: hardly any is asked for, so that none is looked up before."""

    def __init__(self, texts: Sequence[str], places: Indices) -> None:
        self._texts, self._places = texts, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> str | Self:
        if isinstance(place, slice):
            return type(self)(self._texts, self._places[place])
        return self._texts[int(self._places[place])]


class Texts(NamedTuple):
    """Comparable texts, "" where there is none (unread, or refused), and how they are packed."""

    texts: Sequence[str]
    packed: Packed

    def some(self, part: slice | Indices) -> "Texts":
        """The texts of a part."""
        texts, packed = self.texts, self.packed.some(part)
        if isinstance(part, slice):
            return Texts(texts[part], packed)
        if isinstance(texts, Cells):
            return Texts(texts.at(part), packed)
        return Texts(_Picked(texts, part), packed)


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
    packed = packing.cut(raw, packing.starts_of(ends), ends)
    plain |= (units - np.uint8(ord("0"))) < 10
    plain |= (units - np.uint8(ord("A"))) < 26
    if plain.all():
        return Texts(plates, packed)
    odd = np.unique(ends.searchsorted((~plain).nonzero()[0]))
    settled, packed = _settled(plates, packed, odd)
    texts = list(plates)
    for number, text in settled.items():
        texts[number] = text
    return Texts(texts, packed)


def texts_in(cells: Cells) -> Texts:
    """The same as `texts_of` gives, of plates that lie in one run; hardly any is made a string."""
    packed = packing.cut(cells.raw, cells.starts, cells.ends)
    eights = packing.eights(cells.raw, cells.starts, packed.lengths)
    eights |= _BEHIND.take(packed.lengths, mode="clip")
    odd = _PLAIN[eights.view(np.uint8)].view(np.uint64) != _EIGHT_TRUE
    odd |= packed.lengths > 8
    settled, packed = _settled(cells, packed, odd.nonzero()[0])
    instead = {int(cells.starts[number]): text for number, text in settled.items()}
    return Texts(Cells(cells.raw, cells.starts, cells.ends, instead), packed)


def _one_by_one(plates: Sequence[str]) -> Texts:
    texts = [vrm or "" for vrm in normalise_many(plates)]
    return Texts(texts, packing.pack(texts))


def _settled(plates: Sequence[str], packed: Packed, odd: Indices) -> tuple[dict[int, str], Packed]:
    """The texts of the plates of the numbers `odd`, and all plates packed with these set right."""
    own = _one_by_one([plates[number] for number in odd.tolist()])
    words, lengths = packed.words, packed.lengths
    words[odd], lengths[odd] = own.packed.words, own.packed.lengths
    settled = dict(zip(odd.tolist(), own.texts, strict=True))
    return settled, Packed(words, lengths, (lengths > LANES).nonzero()[0])
