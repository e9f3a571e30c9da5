"""What the pipeline is measured with: a list of entries, and a topic full of reads of them and of others."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.bootstrap.stores import Stores
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.read import Read, Vehicle
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.wire import read as wire_read

CAMERAS = 500
STORED_MAX = 10_000
"""So many of the listed plates lie in the database, and all hits are on them; the others are in the
index alone, where they cost the matcher just as much."""
AT_ONCE = 1_000


async def store(stores: Stores, listed: Sequence[str]) -> None:
    """Put the entries that are hit into the database."""
    now = datetime.now(UTC)
    by = Caller("bench", Role.ANALYST, "herts", "bench")
    numbered = [(_entry_id(n), _terms(plate, now)) for n, plate in enumerate(listed[:STORED_MAX])]
    for start in range(0, len(numbered), AT_ONCE):
        await stores.watchlist.create_many(numbered[start : start + AT_ONCE], by, now, "measurement")


def entries(listed: Sequence[str]) -> list[Entry]:
    """The same entries, and those that are in the index alone."""
    now = datetime.now(UTC)
    return [
        Entry(_entry_id(n), 1, _terms(plate, now), State.ACTIVE, now, "bench", now, "bench")
        for n, plate in enumerate(listed)
    ]


def _entry_id(number: int) -> str:
    return f"bench-{number}"


def _terms(plate: str, now: datetime) -> Terms:
    year = timedelta(days=365)
    return Terms("herts", "stolen", "measurement", now + year, now + year, plate=plate, vrm=plate)


def made(texts: Sequence[str]) -> list[Read]:
    """Reads of these plates as a gateway sends them; `number` gives the place of one."""
    now = datetime.now(UTC)
    return [
        Read(
            camera_id=f"CAM{number % CAMERAS:04d}",
            captured_at=now + timedelta(milliseconds=number),
            plate=text,
            read_id=f"r-{number:09d}",
            confidence=0.93,
            lat=51.8325,
            lon=-0.3895,
            vehicle=Vehicle(make="FORD", colour="BLUE"),
            received_at=now,
        )
        for number, text in enumerate(texts)
    ]


def number(read: Read) -> int:
    """Its place among those that were made."""
    return int((read.read_id or "").rpartition("-")[2])


def values(texts: Sequence[str]) -> list[bytes]:
    """The same as they stand in the topic."""
    return [wire_read.encode(read) for read in made(texts)]


async def produce(client: Client, topic: str, records: Sequence[bytes]) -> None:
    writer = KafkaReadLogWriter(client, topic)
    try:
        for part in _parts(records, 5_000):
            await writer.append(part)
    finally:
        await writer.close()


def _parts(records: Sequence[bytes], size: int) -> Iterator[Sequence[Read]]:
    for start in range(0, len(records), size):
        yield wire_read.decode_all(records[start : start + size])[0]


def group() -> str:
    """A group that nobody was in before, so that taking begins at the beginning."""
    return f"anpr-bench-{uuid.uuid4().hex[:12]}"
