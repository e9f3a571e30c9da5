"""Marks that a person typed, in which two neighbouring characters may be swapped.

No camera swaps neighbours (see channel); people who type do, and it is one of the four errors that make up
most of theirs (Damerau, "A technique for computer detection and correction of spelling errors", CACM 7,
1964). A keyboard in a control room or an officer's handset is a camera whose engine is `ENGINE`. For its
reads alone a listed plate that is the text with two neighbours swapped is a candidate too, and the text is
likelier by the chance of that. All else is as for any read, the other errors as well: until `learn` has met
confirmed pairs of this engine, they are taken to be those of all cameras together. That is not how people
mistype, but there are no counts of how they do, and it is what any engine never seen gets.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from anpr_match.matching.batch import Cameras
from anpr_match.matching.channel import LENGTH_MAX
from anpr_match.matching.deletions import EXACT_ONLY_BELOW
from anpr_match.matching.packing import Indices

ENGINE = "typed"
"""The engine of a source at which a person types marks."""
SWAPPED = 0.0005
"""The chance that two given neighbours of a typed mark are swapped: assumed, to be replaced by counts. Of
characters typed 0.6 in a hundred stay wrong (Shaffer and Hardwick 1968, after Panko's table of human error
rates), and of people's errors in numbers 10 to 20 in a hundred are swapped neighbours (Verhoeff, "Error
detecting decimal codes", 1969, after Wagner), so 6 to 12 in ten thousand; taken a little lower, since who
types a mark may look at it once more. No study of number plates was found."""

_NONE: Indices = np.empty(0, np.intp)


def reads(cameras: Cameras, engines: Mapping[str, str]) -> Indices:
    """The numbers of the reads that a person typed, in order; `engines` names those of the cameras. Each
    camera is looked at once, and no read unless one of them is typed at."""
    if ENGINE not in map(engines.get, cameras.ids):
        return _NONE
    by_hand = np.array([engines.get(id_) == ENGINE for id_ in cameras.ids], np.bool_)
    numbers: Indices = by_hand[cameras.of].nonzero()[0]
    return numbers


def swaps(text: str) -> Iterator[str]:
    """The texts that this one is with two different neighbours swapped, each once; none of a text that
    is so short or so long that it matches by its equal only."""
    if EXACT_ONLY_BELOW <= len(text) <= LENGTH_MAX:
        for at in range(len(text) - 1):
            if text[at] != text[at + 1]:
                yield _with_swap(text, at)


def swapped_at(read: str, listed: str) -> int | None:
    """Where the first of two different neighbours stands that were swapped, if that and nothing else lies
    between the two texts."""
    differ = (at for at, (one, other) in enumerate(zip(read, listed, strict=False)) if one != other)
    at = next(differ, None)
    return at if at is not None and _with_swap(read, at) == listed else None


def is_swapped(read: str, listed: str, engine: str | None) -> bool:
    """Whether a person typed the listed plate with two neighbours swapped."""
    return engine == ENGINE and swapped_at(read, listed) is not None


def swapped(by_hand: Indices, numbers: Indices, texts: Sequence[str], listed: Sequence[str]) -> Indices:
    """The places of the pairs (n) that a swap explains, among those of the reads typed `by_hand`.

    `numbers` (n) are of the reads of the pairs, and `listed` (n) their plates; `texts` are by number.
    """
    if not len(by_hand):
        return _NONE
    places = np.isin(numbers, by_hand).nonzero()[0]
    pairs = zip(places.tolist(), numbers[places].tolist(), strict=True)
    return np.array([at for at, read in pairs if swapped_at(texts[read], listed[at]) is not None], np.intp)


def _with_swap(text: str, at: int) -> str:
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
