"""A batch of reads by column: the matcher goes over whole columns first, and looks at few reads whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.domain.reads import heads
from anpr_match.matching.channel import Floats
from anpr_match.matching.packing import Indices
from anpr_match.matching.texts import Texts, texts_of

_PLATE, _CAMERA_ID = attrgetter("plate"), attrgetter("camera_id")
_CAPTURED_AT, _CANDIDATES = attrgetter("captured_at"), attrgetter("candidates")


class Cameras(NamedTuple):
    """Which camera each read is of: `of` (one for each read) are positions in `ids`."""

    ids: Sequence[str]
    of: NDArray[np.intp]


class _Numbers(dict[str, int]):
    """Camera ids met, numbered in their order."""

    def __missing__(self, camera_id: str) -> int:
        made = self[camera_id] = len(self)
        return made


def cameras(camera_ids: Iterable[str], reads: int) -> Cameras:
    """The cameras of a column of so many ids."""
    numbers = _Numbers()
    of = np.fromiter(map(numbers.__getitem__, camera_ids), np.intp, reads)
    return Cameras(list(numbers), of)


class Said(NamedTuple):
    """What came with some reads besides their texts: how sure the engine was (`confidence`, NaN: it did not
    say), whether it may have named other readings, told looks, or told how sure it was of single characters,
    and on which day they were captured (proleptic ordinals)."""

    confidence: Floats
    readings: NDArray[np.bool_]
    looks: NDArray[np.bool_]
    characters: NDArray[np.bool_]
    days: NDArray[np.int64]

    def some(self, at: Indices | slice) -> "Said":
        """What came with the reads at these places."""
        characters, days = self.characters[at], self.days[at]
        return Said(self.confidence[at], self.readings[at], self.looks[at], characters, days)


def said_of(reads: Sequence[Read]) -> Said:
    """What came with these reads."""
    return Said(
        np.array([np.nan if read.confidence is None else read.confidence for read in reads], float),
        np.array([bool(read.candidates) for read in reads], np.bool_),
        np.array([read.vehicle is not None for read in reads], np.bool_),
        np.array([bool(read.char_confidence) for read in reads], np.bool_),
        np.array([read.captured_at.toordinal() for read in reads], np.int64),
    )


class Columns(Protocol):
    """Reads in the order in which they are to be matched. `read` may be dear; the columns are not.
    `days` are proleptic ordinals of the day of capture; `with_readings` says which reads came with other
    readings of the engine, and `said` what came with the few that are asked for."""

    @property
    def texts(self) -> Texts: ...
    @property
    def cameras(self) -> Cameras: ...
    @property
    def days(self) -> NDArray[np.int64]: ...
    @property
    def with_readings(self) -> NDArray[np.bool_]: ...
    def said(self, positions: Indices) -> Said: ...
    def read(self, position: int) -> Read: ...
    def vehicle(self, position: int) -> Vehicle | None: ...
    def other_readings(self, position: int) -> Sequence[Candidate]: ...


@dataclass(frozen=True, slots=True)
class ByColumn:
    """Reads by column."""

    reads: Sequence[Read]

    @property
    def texts(self) -> Texts:
        return texts_of(list(map(_PLATE, heads(self.reads))))

    @property
    def cameras(self) -> Cameras:
        return cameras(map(_CAMERA_ID, heads(self.reads)), len(self.reads))

    @property
    def days(self) -> NDArray[np.int64]:
        days = map(datetime.toordinal, map(_CAPTURED_AT, heads(self.reads)))
        return np.fromiter(days, np.int64, len(self.reads))

    @property
    def with_readings(self) -> NDArray[np.bool_]:
        return np.fromiter(map(bool, map(_CANDIDATES, heads(self.reads))), np.bool_, len(self.reads))

    def said(self, positions: Indices) -> Said:
        return said_of([self.reads[position] for position in positions.tolist()])

    def read(self, position: int) -> Read:
        return self.reads[position]

    def vehicle(self, position: int) -> Vehicle | None:
        return self.reads[position].vehicle

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self.reads[position].candidates
