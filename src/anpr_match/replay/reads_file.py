"""A file of reads, by column; a read is made whole only when it is looked at."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.matching.batch import Cameras, Said, cameras, said_of
from anpr_match.matching.packing import Indices
from anpr_match.matching.texts import Cells, texts_in, texts_of
from anpr_match.replay import tables
from anpr_match.replay.tables import Table, refused

NEEDED = ("read_id", "camera_id", "captured_at", "plate")
WHOLE_MAX = 50_000
"""Reads made whole that are kept at hand."""
LOOKS = ("make", "model", "colour")
NUMBERS = ("confidence", "lat", "lon", "heading", "speed_kmh")
EPOCH_DAY = date(1970, 1, 1).toordinal()
_USUAL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(?P<zone>Z|\+00:00|)", re.ASCII)
_candidates = msgspec.json.Decoder(list[tuple[str, float | None]]).decode

Moments = NDArray[np.datetime64]


class ReadsFile:
    """The reads of a CSV file in time order: the columns of matching.batch.Columns."""

    def __init__(self, table: Table, captured_at: Moments) -> None:
        """`captured_at`: when each row of the table was captured, in UTC, in order."""
        self._table = table
        self._captured_at = captured_at
        self._whole: dict[int, Read] = {}
        self._read_ids, self._candidates = table.column("read_id"), table.column("candidates")
        self.texts = texts_in(table.column("plate"))
        self.cameras = Cameras(*table.column("camera_id").numbered())
        self.days = captured_at.astype("datetime64[D]").astype(np.int64) + EPOCH_DAY
        self.with_readings = self._candidates.widths > len("[]")
        self._confidences = table.column("confidence")
        self._looks = {name: table.column(name) for name in LOOKS}
        self._with_looks = np.any([cells.widths > 0 for cells in self._looks.values()], axis=0)

    def __len__(self) -> int:
        return self._table.rows

    def read_id(self, position: int) -> str:
        return self._read_ids[position]

    def said(self, positions: Indices) -> Said:
        """Raises Refused when a confidence is no number."""
        return Said(
            np.array([self._confidence_at(position) for position in positions.tolist()], float),
            self.with_readings[positions],
            self._with_looks[positions],
            np.zeros(len(positions), np.bool_),
            self.days[positions],
        )

    def read(self, position: int) -> Read:
        """One read, whole. Raises Refused when a cell of it is not what its column says."""
        made = self._whole.get(position)
        if made is None:
            if len(self._whole) >= WHOLE_MAX:
                self._whole.clear()
            made = self._whole[position] = self._made(position)
        return made

    def vehicle(self, position: int) -> Vehicle | None:
        """How the vehicle of one read looked, as far as the file says."""
        looks = {name: cell for name, cells in self._looks.items() if (cell := cells[position])}
        return Vehicle(**looks) if looks else None

    def other_readings(self, position: int) -> Sequence[Candidate]:
        """The engine's candidates for one read."""
        return self._parsed(position, self._candidates[position])

    def _made(self, at: int) -> Read:
        cell = self._table.row(at)
        number = {key: self._number(at, key, cell[key]) for key in NUMBERS if cell.get(key)}.get
        captured_at: datetime = self._captured_at[at].item()
        return Read(
            camera_id=cell["camera_id"],
            captured_at=captured_at.replace(tzinfo=UTC),
            plate=cell["plate"],
            read_id=cell["read_id"],
            candidates=self._parsed(at, cell.get("candidates", "")),
            vehicle=self.vehicle(at),
            confidence=number("confidence"),
            lat=number("lat"),
            lon=number("lon"),
            heading=number("heading"),
            speed_kmh=number("speed_kmh"),
        )

    def _confidence_at(self, at: int) -> float:
        cell = self._confidences[at]
        return self._number(at, "confidence", cell) if cell else np.nan

    def _number(self, at: int, name: str, cell: str) -> float:
        try:
            return float(cell)
        except ValueError as error:
            raise self._odd(at, f"{name} is not a number") from error

    def _parsed(self, at: int, cell: str) -> tuple[Candidate, ...]:
        if cell in ("", "[]"):
            return ()
        try:
            pairs = _candidates(cell)
        except msgspec.DecodeError as error:
            raise self._odd(at, "candidates is not a JSON list of [text, confidence]") from error
        return tuple(Candidate(text, share) for text, share in pairs)

    def _odd(self, at: int, detail: str) -> Exception:
        return refused(self._table.name, "odd_cell", f"line {self._table.lines[at]}: {detail}")


class ReadsList:
    """Reads of a JSONL file, whole already, in time order."""

    def __init__(self, reads: list[Read]) -> None:
        self._reads = sorted(reads, key=lambda read: read.captured_at)
        self.texts = texts_of([read.plate for read in self._reads])
        self.cameras = cameras([read.camera_id for read in self._reads], len(self._reads))
        self.days = np.array([read.captured_at.toordinal() for read in self._reads], np.int64)
        self._said = said_of(self._reads)
        self.with_readings = self._said.readings

    def __len__(self) -> int:
        return len(self._reads)

    def read_id(self, position: int) -> str:
        return self._reads[position].read_id

    def said(self, positions: Indices) -> Said:
        return self._said.some(positions)

    def read(self, position: int) -> Read:
        return self._reads[position]

    def vehicle(self, position: int) -> Vehicle | None:
        return self._reads[position].vehicle

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self._reads[position].candidates


class Part:
    """A run of reads as a batch of its own."""

    def __init__(self, whole: ReadsFile | ReadsList, start: int, end: int) -> None:
        self._whole, self._start = whole, start
        self.texts = whole.texts.some(slice(start, end))
        self.cameras = Cameras(whole.cameras.ids, whole.cameras.of[start:end])
        self.days = whole.days[start:end]
        self.with_readings = whole.with_readings[start:end]

    def said(self, positions: Indices) -> Said:
        return self._whole.said(positions + self._start)

    def read(self, position: int) -> Read:
        return self._whole.read(self._start + position)

    def vehicle(self, position: int) -> Vehicle | None:
        return self._whole.vehicle(self._start + position)

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self._whole.other_readings(self._start + position)


def reads_of(path: Path) -> ReadsFile | ReadsList:
    """The reads of a CSV or JSONL file, plain or gzipped. Raises Refused with file and line."""
    if ".json" in path.name.lower():
        return ReadsList(_json_lines(path))
    table = tables.table(path, NEEDED)
    cells = table.column("captured_at")
    uniform = _uniform_times(cells)
    captured_at = _times(cells, table) if uniform is None else uniform
    if (captured_at[1:] < captured_at[:-1]).any():
        order = captured_at.argsort(kind="stable")
        return ReadsFile(table.ordered(order), captured_at[order])
    return ReadsFile(table, captured_at)


def _uniform_times(cells: Cells) -> Moments | None:
    """The times of a column that writes all of them in one usual form and in UTC, at once; else None."""
    form = _USUAL_TIME.fullmatch(cells[0]) if len(cells) else None
    if form is None:
        return None
    written = np.frombuffer(cells[0].encode(), np.uint8)
    if (cells.widths != len(written)).any():
        return None
    every = np.ndarray((len(cells.raw) - len(written),), f"S{len(written)}", cells.raw, 0, (1,))
    times = every[cells.starts]
    marks = [place for place, character in enumerate(cells[0]) if not character.isdigit()]
    zone = range(form.start("zone"), len(written))
    fixed = sorted({*marks, *zone})
    if (times.view(np.uint8).reshape(len(cells), -1)[:, fixed] != written[fixed]).any():
        return None
    try:
        return times.astype(f"S{form.start('zone')}").astype("datetime64[us]")
    except ValueError:
        return None


def _times(cells: Cells, table: Table) -> Moments:
    """The times of a column one by one. Raises Refused."""
    times = []
    for row, cell in enumerate(cells):
        try:
            times.append(_in_utc(datetime.fromisoformat(cell)).replace(tzinfo=None))
        except ValueError as error:
            detail = f"line {table.lines[row]}: captured_at is not a time"
            raise refused(table.name, "odd_cell", detail) from error
    return np.array(times, "datetime64[us]")


def _in_utc(time: datetime) -> datetime:
    """A time without a zone is taken to be UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


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
