"""A slice in work: what of it is let through, and what of it goes to the dead letters."""

from collections.abc import Iterable, Sequence

from anpr_match.domain.hit import Hit
from anpr_match.domain.read import Read
from anpr_match.pipeline.breaker import Breaker
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Slice, Unreadable


class Share:
    """`letters` go to the dead letters. Nothing at or behind `next_offset` is done: the breaker may
    have put it before the end of the slice."""

    def __init__(self, part: Slice) -> None:
        self.part = part
        self.letters: Sequence[Unreadable] = part.unreadable
        self.next_offset = part.next_offset
        self.reads: Sequence[Read] = part.reads

    @property
    def cut(self) -> bool:
        """Whether the breaker stopped before the end of the slice."""
        return self.next_offset < self.part.next_offset

    def done(self) -> Done:
        return Done(self.part.partition, self.part.owner_epoch, self.next_offset)

    def owned(self) -> Done:
        """That the partition is ours, and nothing of it done."""
        return Done(self.part.partition, self.part.owner_epoch, self.first_offset())

    def add(self, place: int, reason: str, detail: str) -> None:
        """The read at this place cannot be worked with."""
        record = self.part.original(place)
        letter = Unreadable(record.offset, record.value, reason, detail)
        self.letters = sorted([*self.letters, letter], key=lambda letter: letter.offset)

    def judge(self, breaker: Breaker) -> None:
        """Show the breaker every record in its order, and cut where it stops."""
        if not self.letters:
            breaker.good(len(self.part.reads))
            return
        bad = {letter.offset for letter in self.letters}
        good = [self.part.original(place).offset for place in range(len(self.part.reads))]
        for offset in sorted({*good, *bad}):
            if offset not in bad:
                breaker.good(1)
            elif not breaker.bad():
                self._cut_at(offset, good)
                return

    def _cut_at(self, offset: int, offsets: Sequence[int]) -> None:
        self.next_offset = offset
        self.letters = [letter for letter in self.letters if letter.offset < offset]
        self.reads = [read for read, at in zip(self.part.reads, offsets, strict=True) if at < offset]

    def first_offset(self) -> int:
        """The offset of its first record."""
        firsts = [letter.offset for letter in self.part.unreadable[:1]]
        if self.part.reads:
            firsts.append(self.part.original(0).offset)
        return min(firsts)


def places(shares: Iterable[Share]) -> dict[int, tuple[Share, int]]:
    """Where each read stands, by its identity: two records may hold equal reads."""
    return {id(read): (share, place) for share in shares for place, read in enumerate(share.part.reads)}


def of_reads(hits: Sequence[Hit], shares: Sequence[Share]) -> Sequence[Hit]:
    """The hits of reads that are let through."""
    if not any(share.cut for share in shares):
        return hits
    through = {id(read) for share in shares for read in share.reads}
    return [hit for hit in hits if id(hit.read) in through]
