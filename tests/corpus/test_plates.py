"""Plates as tables: what a text is, what it could be, and which listed plate a read may find."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching.index import WIDE_ENTRIES_MAX, WatchlistIndex
from anpr_match.matching.normalise import normalise, normalise_many
from anpr_match.matching.plate_report import reports

ON = date(2026, 11, 22)
AT = datetime(2026, 11, 22, tzinfo=UTC)


def rows(name: str) -> Iterator[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table)


def cases(name: str) -> list[object]:
    """The rows of a table as parameters, named by what they are about."""
    return [pytest.param(row, id=row["about"]) for row in rows(name)]


def entry(vrm: str | None = None, pattern: str | None = None) -> Entry:
    terms = Terms("herts", "test", "test", AT, AT, plate=vrm, vrm=vrm, pattern=pattern)
    return Entry("e", 1, terms, State.ACTIVE, AT, "a", AT, "a")


@pytest.mark.parametrize("row", cases("normalise.csv"))
def test_normalise(row: dict[str, str]) -> None:
    """A text has the comparable form of the table, or is refused with a reason."""
    text = row["text"].encode("latin-1", "backslashreplace").decode("unicode_escape")
    plate = normalise(text)
    assert plate.raw == text
    assert plate.vrm == (row["vrm"] or None)
    assert bool(plate.refusal) == (plate.vrm is None)
    assert normalise_many([text, "AB01CDE"]) == [plate.vrm, "AB01CDE"]


@pytest.mark.parametrize("row", cases("formats.csv"))
def test_formats(row: dict[str, str]) -> None:
    """A text fits the formats of the table as issued, and its readings hold those of the table."""
    (report,) = reports([row["text"]], ON)
    formats, readings = report["formats"], report["readings"]
    assert isinstance(formats, list)
    assert isinstance(readings, list)
    known = {f"{each['format']}:{each['country']}" for each in formats if each["format"] != "foreign"}
    assert known == set(filter(None, row["formats"].split("|")))
    assert set(filter(None, row["readings"].split("|"))) <= set(readings)


@pytest.mark.parametrize("row", cases("candidates.csv"))
def test_candidates(row: dict[str, str]) -> None:
    """A read finds a listed plate by `find`, by `find_wider` on a short list only, or never."""
    index = WatchlistIndex.build([entry(row["listed"])], revision=1)
    near, wide = index.find([row["read"]]), index.find_wider([row["read"]])
    assert len(near.read) == (row["found"] == "always")
    assert len(wide.read) == (row["found"] != "never")


@pytest.mark.parametrize("row", cases("patterns.csv"))
def test_patterns(row: dict[str, str]) -> None:
    """A plate fits a pattern or not, the pattern counted from both its ends."""
    index = WatchlistIndex.build([entry(pattern=row["pattern"])], revision=1)
    found = index.find_patterns(["ZZ00ZZZ", row["plate"]])
    assert [read for read, _ in found] == ([1] if row["fits"] == "yes" else [])


def test_long_list() -> None:
    """A list too long for the wider search finds by it what it finds without."""
    listed = [entry(f"AB01{n:05d}") for n in range(WIDE_ENTRIES_MAX + 1)]
    index = WatchlistIndex.build(listed, revision=1)
    assert not index.wide
    assert len(index.find_wider(["AB0112345"]).read) == len(index.find(["AB0112345"]).read)
