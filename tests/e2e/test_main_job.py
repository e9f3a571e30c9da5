"""The main job, end to end, as processes: cameras, analyst and car know only the contract."""

import asyncio
import json
import random
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.service import Service
from tests.services.kafka_client import dead_letters

READS = 2_000
LISTED = 100

BROKEN: list[bytes | None] = [b"\xff\xfe", b"{", b"[]", b'{"plate":1}', b"null", b"x" * 900_000, None]


def traffic(listed: list[str], seed: int) -> tuple[list[dict[str, Any]], set[tuple[str, str]]]:
    """Reads, of which one in twenty is of a listed plate, and the hits they must give."""
    chance = random.Random(seed)
    others = [plate for plate in plates(seed + 1, READS) if not any(near(plate, other) for other in listed)]
    reads, expected = [], set()
    for number in range(READS):
        hit = number % 20 == 7
        plate = chance.choice(listed if hit else others)
        read_id = f"read-{seed}-{number}"
        if hit:
            expected.add((read_id, plate))
        written = f"{plate[:4]} {plate[4:]}" if number % 3 else plate.lower()
        reads.append(a_read(read_id, written, number % 2, confidence=0.9))
    return reads, expected


def near(one: str, other: str) -> bool:
    return sum(a != b for a, b in zip(one, other, strict=True)) < 3


async def produce(bootstrap: str, topic: str, values: list[bytes | None]) -> None:
    """A foreign producer: no header, and no key but where the client cannot do without."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=2_000_000) as producer:
        sent = [await producer.send(topic, value, b"null" if value is None else None) for value in values]
        await asyncio.gather(*sent)


async def test_every_read_of_a_listed_plate_reaches_the_car_once(service: Service, desk: Desk) -> None:
    """A car gets exactly the hits there are, each once and in order, whatever lies among the reads."""
    listed = plates(1, LISTED)
    assert {desk.list_plate(plate).status_code for plate in listed} == {201}
    reads, expected = traffic(listed, seed=7)
    async with desk.car() as car:
        if "ANPR_KAFKA__BOOTSTRAP" in service.env:
            bootstrap, topic = service.env["ANPR_KAFKA__BOOTSTRAP"], service.env["ANPR_KAFKA__READS_TOPIC"]
            values = [json.dumps(read).encode() for read in reads]
            await produce(bootstrap, topic, [*values[:1000], *BROKEN, *values[1000:]])
            letters = await dead_letters(
                bootstrap, service.env["ANPR_KAFKA__DEAD_LETTERS_TOPIC"], len(BROKEN)
            )
            assert sorted(map(repr, letters)) == sorted(map(repr, BROKEN))
        else:
            for start in range(0, READS, 500):
                assert desk.post_reads(reads[start : start + 500]).json()["accepted"] == 500
        await car.until(lambda: expected <= set(car.pairs))
        exact = [(hit["read"]["read_id"], hit["plate_listed"]) for hit in car.hits if hit["tier"] == "exact"]
    assert sorted(exact) == sorted(expected)


async def test_a_car_that_was_away_gets_the_rest_once(service: Service, desk: Desk) -> None:
    """A car resumes from the middle after a crash and after a clean stop of the service."""
    listed = plates(2, 5)
    for plate in listed:
        desk.list_plate(plate)
    async with desk.car() as car:
        desk.post_reads([a_read(f"before-{n}", plate) for n, plate in enumerate(listed)])
        await car.until(lambda: len(car.hits) == 5)
        epoch, middle = car.epoch, car.frames[-3]["seq"]
        service.kill()
    service.start()
    async with desk.car({"epoch": epoch, "seq": middle}) as car:
        await car.until(lambda: len(car.hits) == 2)
        desk.post_reads([a_read("after", listed[0])])
        await car.until(lambda: len(car.hits) == 3)
    assert service.stop() == 0
    service.start()
    async with desk.car({"epoch": epoch, "seq": middle}) as car:
        await car.until(lambda: len(car.hits) == 3)
        assert [hit["read"]["read_id"] for hit in car.hits] == ["before-3", "before-4", "after"]


async def test_what_was_accepted_survives_a_crash(service: Service, desk: Desk) -> None:
    """Reads that were answered 202 right before a kill are hits after the restart."""
    listed = plates(3, 1)
    desk.list_plate(listed[0])
    answer = desk.post_reads([a_read(f"r{n}", listed[0]) for n in range(300)])
    service.kill()
    assert answer.json()["accepted"] == 300
    service.start()
    async with desk.car({"epoch": epoch_of(desk), "seq": 0}) as car:
        await car.until(lambda: len(set(car.pairs)) == 300)
        assert len(car.pairs) == 300


def epoch_of(desk: Desk) -> str:
    return str(desk.call("GET", "/v1/hits", desk.patrol).json()["epoch"])


async def test_an_edit_is_live_and_a_withdrawal_silences(desk: Desk) -> None:
    """A new entry hits from the next second on; once withdrawn its cards are taken away and it is silent."""
    plate = plates(4, 1)[0]
    async with desk.car() as car:
        entry = desk.list_plate(plate)
        await until_hit(desk, car, plate)
        path = f"/v1/watchlist/entries/{entry.json()['entry_id']}"
        gone = desk.call("DELETE", path, desk.analyst, headers={"If-Match": entry.headers["ETag"]})
        assert gone.status_code in (200, 204)
        hit_ids = {hit["hit_id"] for hit in car.hits}
        await car.until(lambda: hit_ids <= car.withdrawn)
        other = plates(5, 1)[0]
        desk.list_plate(other)
        desk.post_reads([a_read("silent", plate)])
        await until_hit(desk, car, other)
        assert "silent" not in {read_id for read_id, _ in car.pairs}


async def until_hit(desk: Desk, car: Any, plate: str) -> None:
    """Post a read each tenth of a second until one hits: an edit is live within a second or so."""
    async with asyncio.timeout(10):
        for number in range(100):
            desk.post_reads([a_read(f"try-{plate}-{number}", plate)])
            await asyncio.sleep(0.1)
            if plate in {listed for _, listed in car.pairs}:
                return


async def test_the_log_and_metrics_name_no_plate(service: Service, desk: Desk) -> None:
    """Neither the service's log nor its metrics hold a plate, and the metrics count the reads."""
    plate = plates(6, 1)[0]
    desk.list_plate(plate)
    async with desk.car() as car:
        desk.post_reads([a_read("one", plate)])
        await car.until(lambda: len(car.hits) == 1)
    metrics = desk.call("GET", "/metrics", desk.analyst).text
    assert "anpr_reads_total" in metrics
    assert plate not in metrics
    assert service.stop() == 0
    assert plate not in service.log.read_text()
