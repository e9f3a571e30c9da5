"""A batch of reads by column: the matcher goes over whole columns first, and looks at few reads whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr_match.domain.read import Candidate, Read


class Columns(Protocol):
    """Reads in the order in which they are to be matched. `read` may be dear; the columns are not."""

    @property
    def plates(self) -> Sequence[str]: ...
    @property
    def camera_ids(self) -> Sequence[str]: ...
    @property
    def captured_at(self) -> Sequence[datetime]: ...
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
    def captured_at(self) -> Sequence[datetime]:
        return [read.captured_at for read in self.reads]

    def read(self, position: int) -> Read:
        return self.reads[position]

    def other_readings(self, position: int) -> Sequence[Candidate]:
        return self.reads[position].candidates
