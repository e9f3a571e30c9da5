"""A read that cannot be worked with, and a partition of them, cost nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from anpr_match.backends.memory.hit_store import MemoryHitStore
from anpr_match.domain.errors import Unwritable
from anpr_match.domain.hit import Hit, Match, Recorded
from anpr_match.domain.read import Read
from anpr_match.domain.routing import Place
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from anpr_match.matching.travel import NOWHERE
from anpr_match.ports.hit_store import Done
from anpr_match.wire import read as wire_read
from tests.unit.pipeline.flow import Flow, a_read

BAD = "CAMBAD"


class Allergic(Matcher):
    """Fails on every read of one camera, with a text that quotes its plate."""

    def match(
        self,
        reads: object,
        index: WatchlistIndex,
        at: datetime | None,
        engines: Mapping[str, str],
        places: Mapping[str, Place] = NOWHERE,
    ) -> list[tuple[int, Match]]:
        assert isinstance(reads, Sequence)
        for read in reads:
            if read.camera_id == BAD:
                raise ZeroDivisionError(read.plate)
        return super().match(reads, index, at, engines, places)


class Picky(MemoryHitStore):
    """Refuses hits of one camera for what is in them."""

    async def record(self, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        if any(hit.read.camera_id == BAD for hit in hits):
            raise Unwritable("no such text can be written")
        return await super().record(hits, done)


def allergic() -> Flow:
    return Flow(partitions=1, matcher=Allergic(models.default()))


def matched(flow: Flow, reads: int) -> bool:
    return flow.counted("anpr_reads_total", outcome="matched") >= reads


def letters(flow: Flow) -> list[tuple[str, bytes | None]]:
    return [(one.unreadable.reason, one.unreadable.value) for one in flow.letters.letters]


async def test_a_read_that_the_matcher_fails_on_is_a_dead_letter() -> None:
    """It is kept with its bytes and a reason that quotes no plate; all others are matched."""
    flow = allergic()
    await flow.list_plate()
    bad = [a_read(f"bad{n}", camera_id=BAD) for n in range(2)]
    reads = [a_read("r0"), bad[0], a_read("r1"), a_read("r2"), bad[1]]
    flow.log.put(0, [b"{", *map(wire_read.encode, reads)])
    async with flow.matched():
        await flow.until(lambda: matched(flow, 5))
    assert sorted(await flow.hit_reads()) == ["r0", "r1", "r2"]
    assert letters(flow) == [
        ("not_json", b"{"),
        *[("matcher_failed", wire_read.encode(read)) for read in bad],
    ]
    assert [one.unreadable.offset for one in flow.letters.letters] == [0, 2, 5]
    details = [one.unreadable.detail for one in flow.letters.letters[1:]]
    assert all(detail.startswith("ZeroDivisionError at test_match_faults.py:") for detail in details)


async def test_a_hit_that_the_store_refuses_is_a_dead_letter() -> None:
    """The read of a hit that cannot be written is kept with its bytes; the other hits are recorded."""
    flow = Flow(partitions=2, hits=Picky)
    await flow.list_plate()
    await flow.log.append([a_read(f"r{n}", camera_id=BAD if n == 3 else f"CAM{n}") for n in range(8)])
    async with flow.matched():
        await flow.until(lambda: matched(flow, 8))
    assert sorted(await flow.hit_reads()) == [f"r{n}" for n in range(8) if n != 3]
    assert letters(flow) == [("record_refused", wire_read.encode(a_read("r3", camera_id=BAD)))]


async def test_a_store_that_refuses_every_hit_is_taken_as_away() -> None:
    """Not more than twenty reads become dead letters when it is the store that is broken."""
    flow = Flow(partitions=1, hits=Picky)
    await flow.list_plate()
    await flow.log.append([a_read(f"r{n}", camera_id=BAD) for n in range(60)])
    async with flow.matched():
        await flow.until(lambda: len(flow.letters.letters) >= 16)
        for _ in range(500):
            await flow.until(lambda: True)
    assert len(flow.letters.letters) < 20


async def test_a_partition_of_poison_is_held_and_the_others_go_on() -> None:
    """No more than a hundred dead letters, the offset stays before the rest, an alarm is raised, and the
    other partition is done."""
    flow = Flow(partitions=2)
    await flow.list_plate()
    flow.log.put(0, [b"{"] * 500)
    flow.log.put(1, [wire_read.encode(a_read(f"r{n}")) for n in range(30)])
    async with flow.matched():
        await flow.until(
            lambda: matched(flow, 30) and flow.counted("anpr_partition_paused", partition="memory-0") == 1
        )
        found = await flow.matching.unpoisoned()
        assert not found.ok
        assert not found.hinders
        assert "memory-0 at offset" in found.detail
        await flow.until(lambda: len(flow.letters.letters) == 100)
        await flow.log.wait(0.2)
        assert len(flow.letters.letters) == 100
    assert flow.done(0) == 100
    assert flow.done(1) == 30


async def test_poison_that_ends_is_got_over_without_an_operator() -> None:
    """Behind exactly 25 bad records the good ones are matched after the pause, and the alarm ends."""
    flow = Flow(partitions=1)
    await flow.list_plate()
    flow.log.put(0, [*[b"{"] * 25, *[wire_read.encode(a_read(f"r{n}")) for n in range(3)]])
    async with flow.matched():
        await flow.until(lambda: flow.counted("anpr_partition_paused", partition="memory-0") == 1)
        assert await flow.hit_reads() == []
        await flow.until(lambda: matched(flow, 3))
        assert (await flow.matching.unpoisoned()).ok
    assert len(flow.letters.letters) == 25
    assert await flow.hit_reads() == ["r0", "r1", "r2"]
    assert flow.counted("anpr_partition_paused", partition="memory-0") == 0


async def test_a_matcher_that_fails_on_everything_is_held_too() -> None:
    """A matcher that is broken drains no partition into the dead letters."""
    flow = allergic()
    await flow.list_plate()
    reads: list[Read] = [a_read(f"r{n}", camera_id=BAD) for n in range(300)]
    await flow.log.append(reads)
    async with flow.matched():
        await flow.until(lambda: len(flow.letters.letters) == 100)
        await flow.log.wait(0.2)
    assert len(flow.letters.letters) == 100
    assert flow.done(0) == 100
