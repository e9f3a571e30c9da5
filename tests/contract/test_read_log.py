"""What every log of reads promises: memory, the local file, a Kafka topic."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from anpr_match.domain.errors import Unavailable
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import Slice
from anpr_match.wire import read as wire_read
from tests.contract.claims import LedgerClaims
from tests.contract.read_logs import (
    AT,
    LIMIT_S,
    Backend,
    Kafka,
    Local,
    Memory,
    Taken,
    a_read,
    ids,
    take,
    until,
)
from tests.services.fixtures import Topics


@pytest.fixture(params=["memory", "local", "kafka"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path, topics: Topics) -> AsyncIterator[Backend]:
    """Each log in turn."""
    made: Backend
    if request.param == "kafka":
        kafka = Kafka(request.getfixturevalue("kafka_bootstrap"), topics)
        await kafka.make_topic()
        made = kafka
    else:
        made = Memory() if request.param == "memory" else Local(tmp_path)
    yield made
    await made.close()


@pytest.fixture(params=["memory", "kafka"])
async def shared_backend(request: pytest.FixtureRequest, topics: Topics) -> AsyncIterator[Backend]:
    """The logs that several readers can share; the local file is for one process alone."""
    made: Backend = Memory()
    if request.param == "kafka":
        kafka = Kafka(request.getfixturevalue("kafka_bootstrap"), topics)
        await kafka.make_topic()
        made = kafka
    yield made
    await made.close()


async def test_reads_of_a_camera_come_in_the_order_they_were_appended(backend: Backend) -> None:
    """Reads come out as they went in, singly and in bulk, in their order."""
    claims, taken = LedgerClaims(), Taken()
    reader = backend.reader()
    await reader.open(claims)
    await backend.writer.append([a_read(0)])
    await backend.writer.append([a_read(number) for number in range(1, 500)])
    await backend.writer.append([a_read(number) for number in range(500, 503)])
    await take(reader, claims, taken, lambda: len(taken.ids) >= 503)
    assert taken.ids == ids(range(503))
    await reader.close()


async def test_a_read_comes_back_whole(backend: Backend) -> None:
    """Every field of a read is the same after the log."""
    claims = LedgerClaims()
    read = Read(
        "CAM001",
        AT,
        "AB01CDE",
        "r-1",
        confidence=0.5,
        char_confidence=(0.5, 1.0),
        lane="2\n",
        received_at=AT,
        time_source="message",
        odd=("region",),
    )
    await backend.writer.append([read])
    reader = backend.reader()
    await reader.open(claims)
    got: list[Read] = []

    async def step() -> None:
        got.extend(r for part in await reader.take(10, 0.1) for r in part.reads)

    await until(lambda: bool(got), step)
    assert got == [read]
    await reader.close()


async def test_what_lay_in_the_log_before_is_taken(backend: Backend) -> None:
    """A reader without claimed offsets begins at the beginning."""
    claims, taken = LedgerClaims(), Taken()
    await backend.writer.append([a_read(number) for number in range(30)])
    reader = backend.reader()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) >= 30)
    assert taken.ids == ids(range(30))
    await reader.close()


async def test_nothing_around_unreadable_records_is_lost(backend: Backend) -> None:
    """Broken records are handed out with bytes, offset and reason, and cost no read beside them."""
    values: list[bytes | None] = []
    for number in range(0, 60, 2):
        broken = (b"{", b"\xff\xfe", b"[1]", b"\0", b'{"plate":1}', b"x" * 70_000)[number // 2 % 6]
        values += [wire_read.encode(a_read(number)), broken]
    claims, taken = LedgerClaims(), Taken()
    await backend.put(values)
    reader = backend.reader()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) + len(taken.unreadable) >= 60, reads_max=7)
    assert taken.ids == ids(range(0, 60, 2))
    assert [record.value for record in taken.unreadable] == values[1::2]
    assert [record.offset for record in taken.unreadable] == list(range(1, 60, 2))
    assert {record.reason for record in taken.unreadable} == {
        "not_json",
        "not_utf8",
        "not_a_read",
        "too_large",
    }
    await reader.close()


async def test_a_slice_is_bounded(backend: Backend) -> None:
    """No take gives more than about what was asked for, also out of a large append."""
    claims = LedgerClaims()
    await backend.writer.append([a_read(number) for number in range(1000)])
    reader = backend.reader()
    await reader.open(claims)
    sizes: list[int] = []

    async def step() -> None:
        sizes.append(sum(len(part.reads) for part in await reader.take(64, 0.1)))

    await until(lambda: sum(sizes) >= 1000, step)
    assert max(sizes) <= 64
    await reader.close()


async def test_what_was_taken_is_not_taken_again_until_rewind(backend: Backend) -> None:
    """After `rewind` taking goes on from what the claims say, with a new owner epoch."""
    claims, taken, again = LedgerClaims(), Taken(), Taken()
    await backend.writer.append([a_read(number) for number in range(40)])
    reader = backend.reader()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) >= 10, reads_max=10)
    undone: list[str] = []

    async def step() -> None:
        undone.extend(r.read_id for part in await reader.take(10, 0.1) for r in part.reads)

    await until(lambda: len(undone) >= 30, step)
    assert taken.ids + undone == ids(range(40))
    assert await reader.take(10, 0.0) == []
    epochs = dict(claims.epochs)
    await reader.rewind()
    await take(reader, claims, again, lambda: len(again.ids) >= 30)
    assert again.ids == ids(range(10, 40))
    assert all(claims.epochs[partition] > epoch for partition, epoch in epochs.items())
    await reader.close()


async def test_a_read_leads_back_to_its_record(backend: Backend) -> None:
    """Every read names the offset and the bytes of its record, whatever lies between the reads."""
    values: list[bytes | None] = []
    for number in range(30):
        values += [wire_read.encode(a_read(number)), *[b"{"] * (number % 3)]
    await backend.put(values)
    reader = backend.reader()
    await reader.open(LedgerClaims())
    records: list[tuple[int, bytes | None]] = []

    async def step() -> None:
        for part in await reader.take(7, 0.1):
            records.extend(part.original(place) for place in range(len(part.reads)))

    await until(lambda: len(records) >= 30, step)
    assert records == [(at, value) for at, value in enumerate(values) if value != b"{"]
    await reader.close()


async def test_a_held_partition_rests_and_goes_on_where_it_was_told(backend: Backend) -> None:
    """While it is held nothing comes of it; then everything from the offset named, also what was taken."""
    claims, taken, again = LedgerClaims(), Taken(), Taken()
    await backend.writer.append([a_read(number) for number in range(40)])
    reader = backend.reader()
    await reader.open(claims)
    slices: list[Slice] = []

    async def step() -> None:
        slices.extend(await reader.take(100, 0.1))

    await until(lambda: sum(len(part.reads) for part in slices) >= 40, step)
    taken.add(slices)
    began_s = asyncio.get_running_loop().time()
    await reader.hold(slices[0].partition, slices[0].original(10).offset, 0.3)
    await take(reader, claims, again, lambda: len(again.ids) >= 30)
    assert asyncio.get_running_loop().time() - began_s >= 0.3
    assert again.ids == ids(range(10, 40))
    await reader.close()


async def test_claims_decide_where_taking_goes_on(backend: Backend) -> None:
    """The next owner goes on from the claimed offset, whatever was committed for onlookers."""
    claims, taken, next_taken = LedgerClaims(), Taken(), Taken()
    await backend.writer.append([a_read(number) for number in range(50)])
    reader = backend.reader()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) >= 50)
    await reader.close()
    (partition,) = [p for p, offset in claims.next_offsets.items() if offset >= 50]
    claims.next_offsets[partition] = 20
    successor = backend.reader()
    await successor.open(claims)
    await take(successor, claims, next_taken, lambda: len(next_taken.ids) >= 30)
    assert next_taken.ids == ids(range(20, 50))
    await successor.close()


async def test_take_wakes_up_for_a_new_read(backend: Backend) -> None:
    """A reader that waits gets a read as it is appended, not when its wait is over."""
    claims, taken = LedgerClaims(), Taken()
    reader = backend.reader()
    await reader.open(claims)

    async def step() -> None:
        assert await reader.take(10, 0.05) == []

    await until(lambda: bool(reader.assigned()), step)

    async def waiting() -> None:
        while not taken.ids:
            taken.add(await reader.take(10, LIMIT_S))

    async with asyncio.timeout(LIMIT_S / 2):
        await asyncio.gather(waiting(), backend.writer.append([a_read(0)]))
    assert taken.ids == ids(range(1))
    await reader.close()


async def test_concurrent_appends_are_all_there_and_each_in_its_order(backend: Backend) -> None:
    """Many writers at once lose nothing, and the reads of one append stay in order."""
    claims, taken = LedgerClaims(), Taken()
    appends = [[a_read(100 * n + m, f"CAM{n:03d}") for m in range(1 + n)] for n in range(40)]
    await asyncio.gather(*(backend.writer.append(reads) for reads in appends))
    reader = backend.reader()
    await reader.open(claims)
    total = sum(map(len, appends))
    await take(reader, claims, taken, lambda: len(taken.ids) >= total)
    assert len(set(taken.ids)) == len(taken.ids) == total
    for reads in appends:
        mine = {read.read_id for read in reads}
        assert [read_id for read_id in taken.ids if read_id in mine] == [read.read_id for read in reads]
    await reader.close()


async def test_lag_counts_what_is_not_yet_taken(backend: Backend) -> None:
    """The lag falls to nothing as reads are taken."""
    claims, taken = LedgerClaims(), Taken()
    await backend.writer.append([a_read(number) for number in range(30)])
    reader = backend.reader()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) >= 10, reads_max=10)
    assert sum((await reader.lag()).values()) == 30 - len(taken.ids)
    await take(reader, claims, taken, lambda: len(taken.ids) >= 30)
    assert sum((await reader.lag()).values()) == 0
    await reader.close()


async def test_a_store_that_is_away_costs_nothing(backend: Backend) -> None:
    """When the claims cannot be had nothing is taken, and once they can, everything."""
    claims, taken = LedgerClaims(), Taken()
    await backend.writer.append([a_read(number) for number in range(5)])
    claims.away = True
    reader = backend.reader()

    async def open_and_take() -> None:
        await reader.open(claims)
        while True:
            assert await reader.take(10, 0.1) == []

    with pytest.raises(Unavailable, match="the store is away"):
        await open_and_take()
    await reader.close()
    claims.away = False
    reader = backend.reader()
    await reader.open(claims)
    await take(reader, claims, taken, lambda: len(taken.ids) >= 5)
    assert taken.ids == ids(range(5))
    await reader.close()


async def test_close_is_quick_and_twice_is_once(backend: Backend) -> None:
    """Closing reader and writer again does nothing, and a closed reader owns nothing."""
    reader = backend.reader()
    async with asyncio.timeout(LIMIT_S):
        await reader.close()
        reader = backend.reader()
        await reader.open(LedgerClaims())
        await reader.close()
        await reader.close()
        assert reader.assigned() == frozenset()
        await backend.writer.close()
        await backend.writer.close()


async def test_two_readers_share_the_partitions_and_one_takes_over(shared_backend: Backend) -> None:
    """Each read is done by one of two readers; when one leaves, the other goes on from the claims."""
    claims, first, second = LedgerClaims(), Taken(), Taken()
    cameras = [f"CAM{n:03d}" for n in range(40)]
    one, two = shared_backend.reader(), shared_backend.reader()
    await asyncio.gather(one.open(claims), two.open(claims))

    def done() -> int:
        return len(first.ids) + len(second.ids)

    async def both(enough: Callable[[], bool]) -> None:
        await asyncio.gather(take(one, claims, first, enough), take(two, claims, second, enough))

    await both(lambda: len(one.assigned()) == len(two.assigned()) == 2)
    await shared_backend.writer.append([a_read(n, camera) for n, camera in enumerate(cameras)])
    await both(lambda: done() >= 40)
    assert first.ids
    assert second.ids
    await one.close()
    await shared_backend.writer.append([a_read(n + 40, camera) for n, camera in enumerate(cameras)])
    await take(two, claims, second, lambda: done() >= 80)
    assert sorted(first.ids + second.ids) == ids(range(80))
    assert len(two.assigned()) == 4
    await two.close()
