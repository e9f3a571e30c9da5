"""Batches without a hit wait to be written with others, within bounds, and nothing is lost by it."""

import functools
from collections.abc import Sequence

from anpr_match.backends.memory.hit_store import MemoryHitStore
from anpr_match.domain.hit import Hit, Recorded
from anpr_match.ports.hit_store import Done
from tests.unit.pipeline.flow import PUT_OFF_S, Flow, a_read

OTHER = "ZZ50XXX"


class Counting(MemoryHitStore):
    """Counts what it is asked to record."""

    asked = 0

    async def record(self, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        type(self).asked += 1
        return await super().record(hits, done)


def matched(flow: Flow) -> float:
    return flow.counted("anpr_reads_total", outcome="matched")


async def others(flow: Flow, how_many: int) -> None:
    """So many batches, each of one read that hits nothing."""
    for _ in range(how_many):
        wanted = matched(flow) + 1
        await flow.log.append([a_read(f"other-{wanted}", OTHER)])
        await flow.until(functools.partial(reached, flow, wanted))


def reached(flow: Flow, reads: float) -> bool:
    return matched(flow) >= reads


async def test_reads_without_a_hit_wait_for_those_with_one() -> None:
    """Batches without a hit are matched at once, and written with the next hit in one transaction."""

    class Store(Counting):
        pass

    flow = Flow(partitions=1, put_off_reads_max=100, hits=Store)
    await flow.list_plate()
    async with flow.matched():
        await others(flow, 3)
        assert flow.done(0) is None
        await flow.log.append([a_read("hit")])
        await flow.until(lambda: flow.done(0) == 4)
        assert Store.asked == 1
    assert await flow.hit_reads() == ["hit"]
    assert matched(flow) == 4


async def test_they_do_not_wait_for_long() -> None:
    """When their time is up they are written by themselves, though no more reads come."""
    flow = Flow(partitions=1, put_off_reads_max=100)
    await flow.list_plate()
    async with flow.matched():
        await others(flow, 2)
        assert flow.done(0) is None
        flow.clock.wind(PUT_OFF_S)
        await flow.until(lambda: flow.done(0) == 2)


async def test_only_so_many_wait() -> None:
    """More reads than the bound are written at once."""
    flow = Flow(partitions=1, put_off_reads_max=2)
    await flow.list_plate()
    async with flow.matched():
        await others(flow, 2)
        assert flow.done(0) is None
        await others(flow, 1)
        await flow.until(lambda: flow.done(0) == 3)


async def test_letters_do_not_wait() -> None:
    """A batch with a dead letter is written at once, or a crash would keep the letter twice."""
    flow = Flow(partitions=1, put_off_reads_max=100)
    await flow.list_plate()
    async with flow.matched():
        await others(flow, 1)
        flow.log.put(0, [b"{"])
        await flow.until(lambda: flow.done(0) == 2)
    assert len(flow.letters.letters) == 1


async def test_a_stop_writes_what_waits() -> None:
    """Whoever stops in order leaves nothing to be taken again."""
    flow = Flow(partitions=1, put_off_reads_max=100)
    await flow.list_plate()
    async with flow.matched():
        await others(flow, 2)
    assert flow.done(0) == 2


async def test_a_matcher_that_was_replaced_gives_up_what_waits() -> None:
    """What waited under an older claim is taken again under the new one, and no hit is lost or doubled."""
    flow = Flow(partitions=1, put_off_reads_max=100)
    await flow.list_plate()
    async with flow.matched():
        await others(flow, 1)
        await flow.hits.claim(flow.log.partitions)
        await flow.log.append([a_read("hit")])
        await flow.until(lambda: flow.done(0) == 2)
    assert await flow.hit_reads() == ["hit"]
    assert flow.counted("anpr_fenced_total") == 1
