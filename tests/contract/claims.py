"""Claims for tests: the offsets that a store would keep beside its hits."""

from collections.abc import Sequence

from anpr_match.domain.errors import Unavailable
from anpr_match.ports.read_log import Claim, Partition, Slice


class LedgerClaims:
    """Who owns which partition, and how far it is done. `away = True` makes it unavailable."""

    def __init__(self) -> None:
        self.epochs: dict[Partition, int] = {}
        self.next_offsets: dict[Partition, int] = {}
        self.away = False

    async def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        if self.away:
            raise Unavailable("the store is away")
        for partition in partitions:
            self.epochs[partition] = self.epochs.get(partition, 0) + 1
        return {p: Claim(self.next_offsets.get(p), self.epochs[p]) for p in partitions}

    def done(self, part: Slice) -> bool:
        """Note the slice as done, unless its owner was replaced."""
        if self.epochs[part.partition] != part.owner_epoch:
            return False
        self.next_offsets[part.partition] = part.next_offset
        return True
