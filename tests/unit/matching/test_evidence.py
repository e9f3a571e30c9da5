"""Each piece of evidence speaks for the match, against it, or not at all."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from anpr_match.domain.read import Candidate
from anpr_match.matching import evidence
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import AT, FEATURES
from anpr_match.matching.sightings import Sighting
from anpr_match.matching.travel import Way

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHARES = {"subaru": 0.01, "ford": 0.15}


@pytest.mark.parametrize(
    ("seen", "listed", "low", "high"),
    [
        ("SUBARU", "Subaru", 3.0, 5.0),
        ("FORD", "Ford", 1.0, 3.0),
        ("FORD", "Subaru", -3.0, -2.0),
        (None, "Subaru", 0.0, 0.0),
        ("FORD", None, 0.0, 0.0),
    ],
)
def test_rare_makes_say_more(seen: str | None, listed: str | None, low: float, high: float) -> None:
    """A rare make that agrees says more than a common one; a missing side says nothing."""
    assert low <= evidence.attribute_ratio(seen, listed, evidence.MAKE_RIGHT, SHARES) <= high


def a_row() -> Floats:
    return np.zeros(len(FEATURES))


def test_a_named_reading_has_its_rank_and_ratio() -> None:
    """A listed plate among the other readings is marked with its place and its share of the first."""
    row = a_row()
    candidates = (Candidate("AB01CD8", 0.6), Candidate("AB01CDB", 0.3))
    evidence.other_readings_columns(row, candidates, ["AB01CD8", "AB01CDB"], "AB01CDB")
    assert row[AT["reading_named"]] == row[AT["reading_second"]] == 1
    assert row[AT["reading_ratio"]] == pytest.approx(np.log(0.5))


def test_a_reading_surer_than_the_first_is_as_sure() -> None:
    """However sure an engine is of a later reading, it put another one first."""
    row = a_row()
    candidates = (Candidate("AB01CD8", 0.01), Candidate("AB01CDB", 0.9))
    evidence.other_readings_columns(row, candidates, ["AB01CD8", "AB01CDB"], "AB01CDB")
    assert row[AT["reading_named"]] == 1
    assert row[AT["reading_ratio"]] == 0


def test_an_engine_without_readings_says_nothing() -> None:
    """No other readings is no evidence; readings without the listed plate are some against it."""
    row = a_row()
    evidence.other_readings_columns(row, (), [], "AB01CDB")
    assert not row.any()
    evidence.other_readings_columns(row, (Candidate("AB01CD8", 1.0),), ["AB01CD8"], "AB01CDB")
    assert row[AT["reading_none"]] == 1


def test_a_further_source_adds_to_those_before() -> None:
    """A text seen by two sources has what one gives, and more; one that no plate has says less."""
    rows = np.zeros((4, len(FEATURES)))
    evidence.seen_columns(rows, np.array([0, 1, 2, 3], np.uint8), np.array([0.9, 0.9, 0.9, 0.2]))
    columns = [AT[name] for name in evidence.SEEN]
    assert rows[:, columns].tolist() == [
        [0.0, 0.0, 0.0, 0.0],
        pytest.approx([0.9, 0.0, 0.0, 0.1]),
        pytest.approx([0.9, 0.9, 0.0, 0.1]),
        pytest.approx([0.2, 0.2, 0.2, 0.8]),
    ]


@pytest.mark.parametrize(
    ("minutes", "column"),
    [
        (5, "sighted_20min"),
        (-5, "sighted_20min"),
        (60, "sighted_2h"),
        (600, "sighted_day"),
        (5000, "sighted_before"),
    ],
)
def test_sightings_count_by_their_age(minutes: int, column: str) -> None:
    """A sighting falls in one class by its distance in time."""
    row = a_row()
    evidence.sighting_columns(row, Sighting("C1", NOW - timedelta(minutes=minutes)), "C2", NOW)
    assert row[AT[column]] == 1
    assert row.sum() == 1


@pytest.mark.parametrize(
    ("sure", "read", "low", "high"),
    [
        ((0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.2), "AB01CD8", 1.0, 2.0),
        ((0.2, 0.9, 0.9, 0.9, 0.9, 0.9, 0.99), "AB01CD8", -3.0, -2.0),
        ((0.9,) * 7, "AB01CD8", 0.0, 0.0),
        ((0.9, 0.1), "AB01CD8", 0.0, 0.0),
        ((), "AB01CD8", 0.0, 0.0),
        ((0.5, 0.9, 0.9, 0.9, 0.9, 0.9), "B01CDB", 0.0, 0.0),
        ((1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9), "XB01CDB", -3.0, -2.9),
    ],
)
def test_doubt_at_the_character_that_differs(
    sure: tuple[float, ...], read: str, low: float, high: float
) -> None:
    """An engine that was unsure of just the character that differs speaks for the listed plate; one
    that was sure of it, against; without a confidence for each character, neither."""
    row = a_row()
    evidence.characters_column(row, sure, read, "AB01CDB")
    assert low <= row[AT["characters"]] <= high


def test_a_plausible_drive_adds_to_the_sighting() -> None:
    """A sighting from which a car can have come counts as before, and the drive besides."""
    row = a_row()
    evidence.sighting_columns(row, Sighting("C1", NOW - timedelta(minutes=10)), "C2", NOW)
    evidence.travel_columns(row, Way(10, 600))
    assert row[AT["sighted_20min"]] == 1
    assert 0 < row[AT["travel_plausible"]] < 1


def test_a_sighting_from_which_no_car_comes_speaks_against() -> None:
    """What is too far away does not count as a sighting, and says that this is another vehicle."""
    row = a_row()
    evidence.sighting_columns(row, Sighting("C1", NOW - timedelta(minutes=4)), "C2", NOW)
    evidence.travel_columns(row, Way(60, 240))
    assert row[AT["travel_impossible"]] == 1
    assert row.sum() == 1


def test_a_way_that_nobody_knows_changes_nothing() -> None:
    """Without the two places a sighting counts by its age alone."""
    row = a_row()
    evidence.travel_columns(row, None)
    assert not row.any()


def test_a_model_made_before_a_kind_of_evidence_gets_what_is_assumed() -> None:
    """Weights that a model lacks are those assumed, where one is assumed."""
    weights = dict.fromkeys((name for name in FEATURES if name not in evidence.ASSUMED), 0.0)
    made = evidence.vector(weights)
    assert {name: made[AT[name]] for name in evidence.ASSUMED} == evidence.ASSUMED
    with pytest.raises(KeyError):
        evidence.vector({})
