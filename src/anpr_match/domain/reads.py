"""Many reads, of which most are never looked at whole.

Nearly every read is of a vehicle that nobody looks for. Its head says so, and making the rest of it would
be the dearest part of taking it from the log.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import overload

import msgspec

from anpr_match.domain.read import CameraId, Plate, Read, ReadId


class Head(msgspec.Struct, frozen=True, gc=False):
    """What every read is looked at for. `candidates` are as they were sent; what is falsy holds none."""

    camera_id: CameraId
    captured_at: datetime
    plate: Plate
    read_id: ReadId = ""
    candidates: msgspec.Raw = msgspec.Raw()


class Reads(Sequence[Read]):
    """Reads of which some have only their head until they are asked for; each is then made once.

    `whole` makes the read whose head stands at a place.
    """

    def __init__(self, heads: Sequence[Head | Read], whole: Callable[[int], Read]) -> None:
        self.heads = heads
        self._whole = whole
        self._made: dict[int, Read] = {}

    def __len__(self) -> int:
        return len(self.heads)

    @overload
    def __getitem__(self, place: int) -> Read: ...
    @overload
    def __getitem__(self, place: slice) -> list[Read]: ...
    def __getitem__(self, place: int | slice) -> Read | list[Read]:
        if isinstance(place, slice):
            return [self._at(one) for one in range(len(self.heads))[place]]
        return self._at(range(len(self.heads))[place])

    def _at(self, place: int) -> Read:
        head = self.heads[place]
        if isinstance(head, Read):
            return head
        if place not in self._made:
            self._made[place] = self._whole(place)
        return self._made[place]


def heads(reads: Sequence[Read]) -> Sequence[Head | Read]:
    """What every read is looked at for; makes none of them whole."""
    return reads.heads if isinstance(reads, Reads) else reads


def joined(parts: Sequence[Sequence[Read]]) -> Sequence[Read]:
    """All reads of these parts, one part after the other; makes none of them whole."""
    if len(parts) == 1:
        return parts[0]
    ends = list(accumulate(map(len, parts)))

    def whole(place: int) -> Read:
        part = bisect_right(ends, place)
        return parts[part][place - ends[part]]

    return Reads([head for part in parts for head in heads(part)], whole)


def by_capture(reads: Sequence[Read]) -> Sequence[Read]:
    """The same reads in the order in which they were captured; makes none of them whole."""
    unordered = heads(reads)
    order = sorted(range(len(unordered)), key=[head.captured_at for head in unordered].__getitem__)
    return Reads([unordered[place] for place in order], lambda place: reads[order[place]])
