"""Plates as tables: what a text is, what it could be, which listed plate a read may find, how surely."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching import model
from anpr_match.matching.index import WIDE_ENTRIES_MAX, WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher
from anpr_match.matching.model import Model
from anpr_match.matching.normalise import normalise, normalise_many
from anpr_match.matching.plate_report import reports

ON = date(2026, 11, 22)
AT = datetime(2026, 11, 22, tzinfo=UTC)
EVER = datetime(9999, 12, 31, tzinfo=UTC)


def rows(name: str) -> Iterator[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table)


def cases(name: str) -> list[object]:
    """The rows of a table as parameters, named by what they are about."""
    return [pytest.param(row, id=row["about"]) for row in rows(name)]


def entry(vrm: str | None = None, pattern: str | None = None, looks: str = "") -> Entry:
    """`looks`: make/colour."""
    make, _, colour = looks.partition("/")
    terms = Terms(
        "herts", "test", "test", AT, EVER, plate=vrm, vrm=vrm, pattern=pattern, make=make, colour=colour
    )
    return Entry("e", 1, terms, State.ACTIVE, AT, "a", AT, "a")


def a_read(row: dict[str, str]) -> Read:
    """The read of a row: other readings are text:confidence, with gaps between."""
    readings = [text.split(":") for text in row["candidates"].split()]
    make, _, colour = row["seen"].partition("/")
    return Read(
        "C1",
        AT,
        row["read"],
        confidence=float(row["confidence"]) if row["confidence"] else None,
        candidates=tuple(Candidate(text, float(share)) for text, share in readings),
        vehicle=Vehicle(make=make, colour=colour) if row["seen"] else None,
    )


@pytest.fixture(scope="module")
def shipped() -> Model:
    """The model that is shipped."""
    return model.default()


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


@pytest.mark.parametrize("row", cases("matches.csv"))
def test_matches(shipped: Model, row: dict[str, str]) -> None:
    """A read against one listed vehicle has the tier of the table, a probability between its bounds, and
    a reason that says what it must; or it is no match at all."""
    index = WatchlistIndex.build([entry(row["listed"], looks=row["looks"])], revision=1)
    engines = {"C1": row["engine"]} if row["engine"] else {}
    found = Matcher(shipped, Borders(possible=0.001)).match([a_read(row)], index, AT, engines)
    if row["tier"] == "none":
        assert found == []
        return
    ((_, match),) = found
    assert float(row["least"]) <= match.probability <= float(row["most"])
    assert row["says"] in match.reason
    assert row["tier"] in ("", match.tier.value)


def test_long_list() -> None:
    """A list too long for the wider search finds by it what it finds without."""
    listed = [entry(f"AB01{n:05d}") for n in range(WIDE_ENTRIES_MAX + 1)]
    index = WatchlistIndex.build(listed, revision=1)
    assert not index.wide
    assert len(index.find_wider(["AB0112345"]).read) == len(index.find(["AB0112345"]).read)
