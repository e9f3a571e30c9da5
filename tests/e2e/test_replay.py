"""A replay of a file finds what the service finds, one by one, on both sets of parts."""

import asyncio
import contextlib
import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import LETTERS, Desk, a_read, plates
from tests.e2e.service import Service

READS = 1_500
LISTED = 60

Found = dict[tuple[str, str], float]


def nearly(plate: str, chance: random.Random) -> str:
    """The plate with one character read as another, lost, or added."""
    place = chance.randrange(len(plate))
    other = chance.choice(["", chance.choice(LETTERS), chance.choice("0158") + plate[place]])
    return plate[:place] + other + plate[place + 1 :]


def traffic(listed: list[str]) -> list[dict[str, Any]]:
    """Reads of which some are of listed plates, rightly read or nearly."""
    chance = random.Random(11)
    others = plates(12, READS)
    reads = []
    for number in range(READS):
        plate = chance.choice(listed) if number % 5 == 0 else others[number]
        text = nearly(plate, chance) if number % 10 == 0 else plate
        reads.append(a_read(f"r{number}", text, number % 2, confidence=round(chance.uniform(0.4, 1), 2)))
    return reads


def replayed(service: Service, folder: Path, listed: list[str], reads: list[dict[str, Any]]) -> Found:
    """What `replay` finds in the same reads and list, by way of files."""
    (folder / "list.csv").write_text("\n".join(["plate", *listed]), encoding="utf-8")
    with (folder / "reads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, reads[0].keys())
        writer.writeheader()
        writer.writerows(reads)
    files = ("--watchlist", "list.csv", "--reads", "reads.csv", "--output", "hits.jsonl")
    service.command("replay", *files, "--no-memory")
    lines = (folder / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    return {(hit["read_id"], hit["plate"]): hit["probability"] for hit in map(json.loads, lines)}


async def until_live(desk: Desk, revision: int) -> None:
    """Until the matcher matches with this revision of the list."""
    async with asyncio.timeout(20):
        while f"anpr_watchlist_revision {revision}.0" not in desk.call("GET", "/metrics", desk.analyst).text:  # noqa: ASYNC110 another process is asked
            await asyncio.sleep(0.05)


async def test_the_service_finds_what_a_replay_finds(service: Service, tmp_path: Path) -> None:
    """Every hit of the one is a hit of the other, as probable, right reads and misreads alike."""
    service.env = {**service.env, "ANPR_MATCH__SEEN_PLATES_MAX": "0"}
    listed = plates(10, LISTED)
    reads = traffic(listed)
    expected = replayed(service, tmp_path, listed, reads)
    assert sum(probability < 0.99 for probability in expected.values()) > 10
    desk = Desk.register(service)
    service.start()
    with contextlib.closing(desk.client):
        for plate in listed:
            assert desk.list_plate(plate).status_code == 201
        async with desk.car() as car:
            await until_live(desk, len(listed))
            for start in range(0, READS, 500):
                desk.post_reads(reads[start : start + 500])
            await car.until(lambda: len(car.hits) >= len(expected))
            desk.post_reads([a_read("last", listed[0])])
            await car.until(lambda: any(read_id == "last" for read_id, _ in car.pairs))
            found = {
                (hit["read"]["read_id"], hit["plate_listed"]): hit["probability"]
                for hit in car.hits
                if hit["read"]["read_id"] != "last"
            }
    # A hit on the wire has four decimals, a line of the file six.
    assert found == pytest.approx(expected, abs=1e-4)
