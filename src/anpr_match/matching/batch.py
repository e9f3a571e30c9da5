"""A batch of reads by column: the matcher goes over whole columns first, and looks at few reads whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.read import Candidate, Read


class Columns(Protocol):
    """Reads in the order in which they are to be matched. `read` may be dear; the columns are not.
    `days` are proleptic ordinals of the day of capture; `with_readings` says which reads came with other
    readings of the engine."""

    @property
    def plates(self) -> Sequence[str]: ...
    @property
    def camera_ids(self) -> Sequence[str]: ...
    @property
    def days(self) -> NDArray[np.int64]: ...
    @property
    def with_readings(self) -> NDArray[np.bool_]: ...
    def read(self, position: int) -> Read: ...
    def other_readings(self, position: int) -> Sequence[Candidate]: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """Reads that are whole already, by column."""

    reads: Sequence[Read]

    @property
    def plates(self) -> Sequence[str]:
        return [read.plate for read in self.reads]

    @property
    def camera_ids(self) -> Sequence[str]:
        return [read.camera_id for read in self.reads]

    @property
    def days(self) -> NDArray[np.int64]:
        return np.array([read.captured_at.toordinal() for read in self.reads], np.int64)

    @property
    def with_readings(self) -> NDArray[np.bool_]:
        return np.array([bool(read.candidates) for read in self.reads], np.bool_)

    def read(self, position: int) -> Read:
        return self.reads[position]

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self.reads[position].candidates
