"""A stream of reads gives the same matches however it is cut into batches."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from anpr_match.domain.read import Read
from anpr_match.domain.routing import Place
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher, Memory
from anpr_match.matching.seen import SeenBefore
from tests.unit.matching.voi import a_voi

START = datetime(2026, 1, 5, tzinfo=UTC)
LETTERS = "ABCDEFGHJKLMNOPRSTUVWXY"
READS = 12_000
PLACES = {"CAM0": Place(51.5, -0.4), "CAM1": Place(51.6, -0.4), "CAM2": Place(55.0, -1.5)}
"""Near one another, and too far to come from in the minutes between two reads."""


def plates(chance: random.Random, how_many: int) -> list[str]:
    return [
        "".join([*chance.choices(LETTERS, k=2), "01", *chance.choices(LETTERS, k=3)]) for _ in range(how_many)
    ]


def a_stream() -> tuple[list[str], list[Read]]:
    """Listed plates, and reads in which some pass, rightly read or with a character exchanged."""
    chance = random.Random(7)
    listed, others = plates(chance, 40), plates(chance, 3_000)
    reads = []
    for number in range(READS):
        plate = chance.choice(listed if number % 30 == 0 else others)
        if number % 60 == 0:
            place = chance.randrange(7)
            plate = plate[:place] + chance.choice(LETTERS) + plate[place + 1 :]
        at = START + timedelta(seconds=number)
        reads.append(Read(f"CAM{number % 3}", at, plate, read_id=str(number)))
    return listed, reads


def matched(listed: list[str], reads: list[Read], batch: int) -> list[tuple[str, str, float]]:
    index = WatchlistIndex.build([a_voi(f"e-{plate}", plate) for plate in listed], 1)
    matcher = Matcher(models.default(), memory=Memory(SeenBefore(b"k" * 16)))
    found = []
    for start in range(0, len(reads), batch):
        part = reads[start : start + batch]
        for position, match in matcher.match(part, index, START, {}, PLACES):
            found.append((part[position].read_id, match.plate_listed, match.probability))
    return found


@pytest.mark.parametrize("batch", [1, 500, 4_000, 7_777])
def test_matches_do_not_depend_on_how_the_stream_is_cut(batch: int) -> None:
    """Batches of one, of hundreds or of thousands find the same, with the same probability."""
    listed, reads = a_stream()
    reads = reads[9_000:] if batch == 1 else reads
    whole = matched(listed, reads, READS)
    assert whole
    assert matched(listed, reads, batch) == whole
