"""A file of reads, by column; a read is made whole only when it is looked at."""

import operator
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.matching.batch import Cameras, cameras
from anpr_match.replay import tables
from anpr_match.replay.tables import Table, refused

NEEDED = ("read_id", "camera_id", "captured_at", "plate")
WHOLE_MAX = 50_000
"""Reads made whole that are kept at hand."""
NUMBERS = ("confidence", "lat", "lon", "heading", "speed_kmh")
_ZONE = operator.attrgetter("tzinfo")
_candidates = msgspec.json.Decoder(list[tuple[str, float | None]]).decode


class ReadsFile:
    """The reads of a CSV file in time order: the columns of matching.batch.Columns."""

    def __init__(self, table: Table, captured_at: Sequence[datetime], order: Sequence[int]) -> None:
        self._table = table
        self._captured = captured_at
        self._order = order
        self._whole: dict[int, Read] = {}
        self.plates = self._column("plate")
        self.cameras = cameras(self._column("camera_id"), table.rows)
        days = np.fromiter(map(datetime.toordinal, captured_at), np.int64, len(captured_at))
        with_readings = table.widths("candidates") > len("[]")
        self.days = days[list(order)] if order else days
        self.with_readings = with_readings[list(order)] if order else with_readings

    def __len__(self) -> int:
        return self._table.rows

    def read_id(self, position: int) -> str:
        return self._table.cell("read_id", self._at(position))

    def read(self, position: int) -> Read:
        """One read, whole. Raises Refused when a cell of it is not what its column says."""
        made = self._whole.get(position)
        if made is None:
            if len(self._whole) >= WHOLE_MAX:
                self._whole.clear()
            made = self._whole[position] = self._made(self._at(position))
        return made

    def other_readings(self, position: int) -> Sequence[Candidate]:
        """The engine's candidates for one read."""
        at = self._at(position)
        return self._parsed(at, self._table.cell("candidates", at))

    def _at(self, position: int) -> int:
        return self._order[position] if self._order else position

    def _column(self, name: str) -> Sequence[str]:
        column = self._table.column(name)
        return [column[i] for i in self._order] if self._order else column

    def _made(self, at: int) -> Read:
        cell = self._table.row(at)
        vehicle = {key: cell[key] for key in ("make", "model", "colour") if cell.get(key)}
        number = {key: self._number(at, key, cell.get(key, "")) for key in NUMBERS}
        return Read(
            camera_id=cell["camera_id"],
            captured_at=self._captured[at],
            plate=cell["plate"],
            read_id=cell["read_id"],
            candidates=self._parsed(at, cell.get("candidates", "")),
            vehicle=Vehicle(**vehicle) if vehicle else None,
            confidence=number["confidence"],
            lat=number["lat"],
            lon=number["lon"],
            heading=number["heading"],
            speed_kmh=number["speed_kmh"],
        )

    def _number(self, at: int, name: str, cell: str) -> float | None:
        try:
            return float(cell) if cell else None
        except ValueError as error:
            raise self._odd(at, f"{name} is not a number") from error

    def _parsed(self, at: int, cell: str) -> tuple[Candidate, ...]:
        if not cell:
            return ()
        try:
            pairs = _candidates(cell)
        except msgspec.DecodeError as error:
            raise self._odd(at, "candidates is not a JSON list of [text, confidence]") from error
        return tuple(Candidate(text, share) for text, share in pairs)

    def _odd(self, at: int, detail: str) -> Exception:
        return refused(self._table.name, "odd_cell", f"line {at + 2}: {detail}")


class ReadsList:
    """Reads of a JSONL file, whole already, in time order."""

    def __init__(self, reads: list[Read]) -> None:
        self._reads = sorted(reads, key=lambda read: read.captured_at)
        self.plates = [read.plate for read in self._reads]
        self.cameras = cameras([read.camera_id for read in self._reads], len(self._reads))
        self.days = np.array([read.captured_at.toordinal() for read in self._reads], np.int64)
        self.with_readings = np.array([bool(read.candidates) for read in self._reads], np.bool_)

    def __len__(self) -> int:
        return len(self._reads)

    def read_id(self, position: int) -> str:
        return self._reads[position].read_id

    def read(self, position: int) -> Read:
        return self._reads[position]

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self._reads[position].candidates


class Part:
    """A run of reads as a batch of its own."""

    def __init__(self, whole: ReadsFile | ReadsList, start: int, end: int) -> None:
        self._whole, self._start = whole, start
        self.plates = whole.plates[start:end]
        self.cameras = Cameras(whole.cameras.ids, whole.cameras.of[start:end])
        self.days = whole.days[start:end]
        self.with_readings = whole.with_readings[start:end]

    def read(self, position: int) -> Read:
        return self._whole.read(self._start + position)

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self._whole.other_readings(self._start + position)


def reads_of(path: Path) -> ReadsFile | ReadsList:
    """The reads of a CSV or JSONL file, plain or gzipped. Raises Refused with file and line."""
    if ".json" in path.name.lower():
        return ReadsList(_json_lines(path))
    table = tables.table(path, NEEDED)
    captured = _times(table)
    ordered = all(map(operator.le, captured, islice(captured, 1, None)))
    return ReadsFile(table, captured, [] if ordered else sorted(range(table.rows), key=captured.__getitem__))


def _times(table: Table) -> list[datetime]:
    cells = table.column("captured_at")
    try:
        times = list(map(datetime.fromisoformat, cells))
    except ValueError as error:
        at = next(i for i, cell in enumerate(cells) if not _is_time(cell))
        raise refused(table.name, "odd_cell", f"line {at + 2}: captured_at is not a time") from error
    return times if set(map(_ZONE, times)) <= {UTC} else list(map(_in_utc, times))


def _in_utc(time: datetime) -> datetime:
    """A time without a zone is taken to be UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _is_time(cell: str) -> bool:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _json_lines(path: Path) -> list[Read]:
    decoder = msgspec.json.Decoder(Read)
    reads = []
    for number, line in enumerate(tables.text_of(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            read = decoder.decode(line)
        except msgspec.ValidationError as error:
            raise refused(path.name, "odd_line", f"line {number}: {error}") from error
        except msgspec.DecodeError as error:
            raise refused(path.name, "not_json", f"line {number}: {error}") from error
        reads.append(msgspec.structs.replace(read, captured_at=_in_utc(read.captured_at)))
    return reads
