"""Times of a file are what they say, written all alike or each in its own way."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anpr_match.domain.errors import Refused
from anpr_match.matching.batch import said_of
from anpr_match.replay.reads_file import Part, reads_of

FIRST, LAST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2100-01-01")
moments = st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=8)
FORMS = {
    "seconds, Z": lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "milliseconds": lambda at: at.isoformat(timespec="milliseconds") + "+00:00",
    "microseconds, no zone": lambda at: at.isoformat(" ", "microseconds"),
    "an hour ahead": lambda at: at.isoformat(timespec="microseconds") + "+01:00",
    "as Python has it": lambda at: at.isoformat() + "Z",
}


def written(folder: Path, times: list[str]) -> Path:
    path = folder / "reads.csv"
    rows = [f"r{number},C1,{time},AB51CDE" for number, time in enumerate(times)]
    path.write_text("\n".join(["read_id,camera_id,captured_at,plate", *rows]) + "\n")
    return path


@pytest.mark.parametrize("form", FORMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments)
def test_times_are_as_written(tmp_path: Path, form: str, at: list[datetime]) -> None:
    """Reads come in the order of their times, equal ones as they stand, and each with its own day."""
    times = [FORMS[form](moment) for moment in at]
    reads = reads_of(written(tmp_path, times))
    parsed = [datetime.fromisoformat(time) for time in times]
    expected = [time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC) for time in parsed]
    order = sorted(range(len(expected)), key=expected.__getitem__)
    found = [reads.read(position) for position in range(len(reads))]
    assert [(read.read_id, read.captured_at) for read in found] == [(f"r{n}", expected[n]) for n in order]
    assert reads.days.tolist() == [read.captured_at.toordinal() for read in found]


def test_a_part_says_what_its_reads_say(tmp_path: Path) -> None:
    """What came with reads of a part of a file, their day too, is what came with them one by one."""
    reads = reads_of(written(tmp_path, [f"2027-0{month}-28T23:59:59Z" for month in (1, 2, 3, 4)]))
    part = Part(reads, 1, 4)
    by_column, by_read = part.said(np.array([0, 2])), said_of([part.read(0), part.read(2)])
    for column, expected in zip(by_column, by_read, strict=True):
        assert np.array_equal(column, expected, equal_nan=column.dtype.kind == "f")
    assert by_column.days.tolist() == [part.days[0], part.days[2]]


@pytest.mark.parametrize("odd", ["2026-13-22T10:00:00Z", "2026-11-22T10:00:60Z", "2026x11-22T10:00:00Z", ""])
def test_one_odd_time_among_equal_ones_is_named(tmp_path: Path, odd: str) -> None:
    """A time that is none is refused with its line, also where it looks like all the others."""
    with pytest.raises(Refused, match="line 3: captured_at is not a time"):
        reads_of(written(tmp_path, ["2026-11-22T10:00:00Z", odd, "2026-11-22T09:00:00Z"]))
