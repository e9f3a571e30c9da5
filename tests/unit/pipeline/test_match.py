"""The matcher's loop: reads taken, hits and offsets recorded together, nothing lost on the way."""

from datetime import timedelta

from anpr_match.backends.memory.clock import START
from anpr_match.pipeline.match import is_late
from tests.unit.pipeline.flow import Flow, a_read


def matched(flow: Flow, reads: int) -> bool:
    counted = flow.metrics.registry.get_sample_value("anpr_reads_total", {"outcome": "matched"})
    return (counted or 0) >= reads


async def test_reads_of_listed_plates_become_hits_and_others_do_not() -> None:
    """Of many reads exactly those of the listed plate are hits, each once."""
    flow = Flow()
    await flow.list_plate()
    reads = [a_read(f"r{n}", "AB01CDE" if n % 5 == 0 else "ZZ50XXX") for n in range(40)]
    await flow.log.append(reads)
    async with flow.matched():
        await flow.until(lambda: matched(flow, 40))
    assert sorted(await flow.hit_reads()) == sorted(f"r{n}" for n in range(0, 40, 5))


async def test_hits_are_counted_when_they_are_recorded() -> None:
    """A read that came twice is one hit, and is counted as one."""
    flow = Flow()
    await flow.list_plate()
    await flow.log.append([a_read("r1"), a_read("r1"), a_read("r2")])
    async with flow.matched():
        await flow.until(lambda: matched(flow, 3))
        await flow.log.append([a_read("r1")])
        await flow.until(lambda: matched(flow, 4))
    assert flow.counted("anpr_hits_total", tier="exact") == 2


async def test_reads_that_cannot_be_compared_are_counted_apart() -> None:
    """A text of which a character is not understood is refused whole and counted, as is an unread plate; the
    listed plate that is left without that character is not hit."""
    flow = Flow()
    await flow.list_plate("AB1CDE")
    texts = ["AB?1CDE", "AB1?CDE", "ЖAB1CDE", "", " ", "ab1 cde"]
    await flow.log.append([a_read(f"r{n}", text) for n, text in enumerate(texts)])
    async with flow.matched():
        await flow.until(
            lambda: matched(flow, 1) and flow.counted("anpr_reads_total", outcome="no_plate") >= 2
        )
        await flow.until(lambda: flow.counted("anpr_reads_total", outcome="not_comparable") >= 3)
    assert await flow.hit_reads() == ["r5"]
    assert flow.counted("anpr_reads_total", outcome="matched") == 1


async def test_a_batch_is_matched_in_the_order_of_capture() -> None:
    """Reads of several partitions are matched by when they were captured."""
    flow = Flow(partitions=3)
    await flow.list_plate()
    late_first = [a_read(f"r{n}", at=START - timedelta(seconds=n), camera_id=f"CAM{n}") for n in range(2)]
    await flow.log.append(late_first)
    async with flow.matched():
        await flow.until(lambda: matched(flow, 2))
    assert await flow.hit_reads() == ["r1", "r0"]


async def test_nothing_is_told_of_partitions_that_others_own() -> None:
    """The lag of a partition that was lost is told no more, so that it raises no false alarm."""
    flow = Flow(partitions=1)
    await flow.list_plate()
    flow.metrics.consumer_lag.labels(partition="lost-7").set(60_000)
    await flow.log.append([a_read("r1")])
    async with flow.matched():
        await flow.until(lambda: matched(flow, 1))
        await flow.until(lambda: flow.counted("anpr_consumer_lag", partition="lost-7") == 0)
    shown = flow.metrics.exposition().decode()
    assert 'anpr_consumer_lag{partition="memory-0"} 0.0' in shown
    assert "lost-7" not in shown


async def test_what_cannot_be_read_goes_to_the_dead_letters_as_it_was() -> None:
    """Broken records are kept with their bytes, and the reads around them are matched."""
    flow = Flow(partitions=1)
    await flow.list_plate()
    await flow.log.append([a_read("before")])
    broken: list[bytes | None] = [b"\xff\xfe", b"{", b"null", None]
    flow.log.put(0, broken)
    await flow.log.append([a_read("after")])
    async with flow.matched():
        await flow.until(lambda: matched(flow, 2))
    assert [letter.unreadable.value for letter in flow.letters.letters] == broken
    assert await flow.hit_reads() == ["before", "after"]


async def test_a_store_that_is_away_delays_and_loses_nothing() -> None:
    """While the store is away nothing is dropped; when it is back, every hit is recorded once."""
    flow = Flow(partitions=1)
    await flow.list_plate()
    async with flow.matched():
        await flow.until(lambda: flow.follow.index is not None and bool(flow.log.readers))
        flow.ledger.away = True
        await flow.log.append([a_read(f"r{n}") for n in range(10)])
        for _ in range(200):
            await flow.until(lambda: True)
        assert not matched(flow, 1)
        flow.ledger.away = False
        await flow.until(lambda: matched(flow, 10))
    assert sorted(await flow.hit_reads()) == sorted(f"r{n}" for n in range(10))


async def test_dead_letters_are_kept_before_the_offset_moves() -> None:
    """While dead letters cannot be kept the batch waits, and is then kept and recorded once."""
    flow = Flow(partitions=1)
    await flow.list_plate()
    flow.letters.away = True
    flow.log.put(0, [b"{"])
    await flow.log.append([a_read("good")])
    async with flow.matched():
        await flow.until(lambda: flow.follow.index is not None and bool(flow.log.readers))
        assert await flow.hit_reads() == []
        flow.letters.away = False
        await flow.until(lambda: matched(flow, 1))
    assert [letter.unreadable.value for letter in flow.letters.letters] == [b"{"]
    assert await flow.hit_reads() == ["good"]


async def test_a_matcher_that_was_replaced_writes_nothing() -> None:
    """A batch of a partition that another has claimed is given up, and taken again from the claims."""
    flow = Flow(partitions=1)
    await flow.list_plate()
    async with flow.matched():
        await flow.until(lambda: bool(flow.log.readers))
        await flow.hits.claim(flow.log.partitions)
        await flow.log.append([a_read("contested")])
        await flow.until(lambda: matched(flow, 1))
    assert await flow.hit_reads() == ["contested"]
    assert flow.metrics.registry.get_sample_value("anpr_fenced_total") == 1


def test_late_is_more_than_ten_minutes_ago_or_a_clock_that_is_off() -> None:
    """A read is late when it is older than ten minutes, or from more than five minutes ahead."""
    assert not is_late(START, START + timedelta(minutes=10))
    assert is_late(START, START + timedelta(minutes=10, seconds=1))
    assert not is_late(START + timedelta(minutes=5), START)
    assert is_late(START + timedelta(minutes=5, seconds=1), START)
    assert is_late(START.replace(year=1970), START)
