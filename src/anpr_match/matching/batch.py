"""A batch of reads by column: the matcher goes over whole columns first, and looks at few reads whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Candidate, Read
from anpr_match.domain.reads import heads
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


class Columns(Protocol):
    """Reads in the order in which they are to be matched. `read` may be dear; the columns are not.
    `days` are proleptic ordinals of the day of capture; `with_readings` says which reads came with other
    readings of the engine."""

    @property
    def texts(self) -> Texts: ...
    @property
    def cameras(self) -> Cameras: ...
    @property
    def days(self) -> NDArray[np.int64]: ...
    @property
    def with_readings(self) -> NDArray[np.bool_]: ...
    def read(self, position: int) -> Read: ...
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

    def read(self, position: int) -> Read:
        return self.reads[position]

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self.reads[position].candidates
