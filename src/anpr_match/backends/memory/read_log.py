"""The log of reads in memory, with partitions and several readers, as a broker would have them."""

import asyncio
from collections.abc import Sequence

from anpr_match.domain.errors import Full, Unavailable
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import Claims, Partition, Record, Slice, Unreadable, place_of
from anpr_match.wire import read as wire_read

TOPIC = "memory"


class MemoryReadLog:
    """The log, and the end that the door writes. What it holds dies with it.

    `away = True` makes it unavailable, as a broker that is down. Reads go to a partition by their
    camera; `put` writes any bytes to any partition, as a foreign producer would.
    """

    def __init__(self, partitions: int = 3, reads_max: int = 1_000_000) -> None:
        self.partitions = [Partition(TOPIC, number) for number in range(partitions)]
        self.values: dict[Partition, list[bytes | None]] = {partition: [] for partition in self.partitions}
        self.readers: list[MemoryReadLogReader] = []
        self.away = False
        self._reads_max = reads_max
        self._appended = asyncio.Event()

    async def append(self, reads: Sequence[Read]) -> None:
        self.check()
        if sum(map(len, self.values.values())) + len(reads) > self._reads_max:
            raise Full("the log in memory is full")
        for read in reads:
            number = sum(read.camera_id.encode()) % len(self.partitions)
            self.put(number, [wire_read.encode(read)])

    def put(self, number: int, values: Sequence[bytes | None]) -> None:
        self.values[self.partitions[number]].extend(values)
        self._appended.set()

    def check(self) -> None:
        if self.away:
            raise Unavailable("the log in memory is away")

    async def wait(self, wait_s: float) -> None:
        """Until something is put, or the readers change, or `wait_s` are over."""
        self._appended.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._appended.wait()
        except TimeoutError:
            return

    def deal(self) -> None:
        """Give each reader its share of the partitions, anew."""
        for place, reader in enumerate(self.readers):
            reader.dealt(self.partitions[place :: len(self.readers)])
        self._appended.set()

    def reader(self) -> "MemoryReadLogReader":
        return MemoryReadLogReader(self)

    async def close(self) -> None:
        """Nothing to give back; what it holds can still be read."""


class MemoryReadLogReader:
    """One of the readers that share the partitions."""

    def __init__(self, log: MemoryReadLog) -> None:
        self._log = log
        self._claims: Claims | None = None
        self._unclaimed: list[Partition] = []
        self._next: dict[Partition, int] = {}
        self._epochs: dict[Partition, int] = {}
        self._held_until_s: dict[Partition, float] = {}

    async def open(self, claims: Claims) -> None:
        self._log.check()
        self._claims = claims
        self._log.readers.append(self)
        self._log.deal()

    def dealt(self, partitions: Sequence[Partition]) -> None:
        self._unclaimed = list(partitions)
        self._next.clear()
        self._held_until_s.clear()

    async def take(self, reads_max: int, wait_s: float) -> list[Slice]:
        slices = await self._ready(reads_max)
        if not slices and wait_s > 0:
            await self._log.wait(wait_s)
            slices = await self._ready(reads_max)
        return slices

    async def _ready(self, reads_max: int) -> list[Slice]:
        self._log.check()
        if self._claims is not None and self._unclaimed:
            asked, self._unclaimed = self._unclaimed, []
            for partition, claim in (await self._claims.claim(asked)).items():
                self._next[partition] = claim.next_offset or 0
                self._epochs[partition] = claim.owner_epoch
        slices = []
        for partition in self._next:
            part = self._slice(partition, reads_max)
            if part:
                slices.append(part)
                reads_max -= len(part.reads) + len(part.unreadable)
        return slices

    def _slice(self, partition: Partition, reads_max: int) -> Slice | None:
        if self._held_until_s.get(partition, 0.0) > asyncio.get_running_loop().time():
            return None
        offset = self._next[partition]
        values = self._log.values[partition][offset : offset + max(0, reads_max)]
        if not values:
            return None
        reads, others = wire_read.decode_all(values)
        unreadable = [Unreadable(offset + i, values[i], why.reason, why.detail) for i, why in others]
        self._next[partition] = offset + len(values)

        def original(read: int) -> Record:
            place = place_of(read, [index for index, _ in others])
            return Record(offset + place, values[place])

        epoch = self._epochs[partition]
        return Slice(partition, epoch, self._next[partition], reads, original, unreadable)

    async def hold(self, partition: Partition, next_offset: int, hold_s: float) -> None:
        if partition in self._next:
            self._next[partition] = next_offset
            self._held_until_s[partition] = asyncio.get_running_loop().time() + hold_s

    async def rewind(self) -> None:
        self.dealt([*self._next, *self._unclaimed])

    async def commit(self, slices: Sequence[Slice]) -> None:
        """There are no onlookers."""

    def assigned(self) -> frozenset[Partition]:
        return frozenset(self._next)

    async def lag(self) -> dict[Partition, int]:
        return {
            partition: len(self._log.values[partition]) - offset for partition, offset in self._next.items()
        }

    def silence_s(self) -> float:
        return 0.0

    async def close(self) -> None:
        if self in self._log.readers:
            self._log.readers.remove(self)
            self._claims = None
            self.dealt([])
            self._log.deal()
