"""What `explain` says in words."""

import pytest

from anpr_match.cli import explain, explaining
from anpr_match.cli.explaining import Listed, Past, a_read
from anpr_match.domain.errors import Refused
from anpr_match.domain.read import Vehicle

LISTED = Listed("AB51 CDE", make="Subaru", colour="silver")


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1 - 1e-9, "over 99.9%"), (0.9996, "over 99.9%"), (0.9992, "99.9%"), (0.985, "98.5%")],
)
def test_no_match_is_certain_in_words(probability: float, words: str) -> None:
    """Rounding never makes of a match that is next to certain one that is."""
    assert explain._percent(probability) == words


def test_every_factor_can_be_told() -> None:
    """All that the matcher weighs can be given, and is in the evidence."""
    read = a_read(
        "AB51CDF",
        0.9,
        Vehicle(make="SUBARU", colour="blue"),
        ("AB51CDF=0.6", "AB51CDE=0.3"),
        [*[0.95] * 6, 0.2],
    )
    told = explaining.explained(read, LISTED, None, None, Past(minutes=12, km=9, sources=1))
    names = {factor["name"] for factor in told["evidence"]}
    assert names == {
        *("prior", "text", "seen_before", "other_readings", "characters"),
        *("make", "colour", "sighting", "travel_time"),
    }
    assert told["probability"] < 1


def test_a_text_that_is_known_is_told() -> None:
    """A plate that two other cameras have seen is no candidate unless the engine names the listed one."""
    known = Past(sources=2)
    told = explaining.explained(a_read("AB51CDF"), LISTED, None, None, known)
    assert (told["tier"], told["reason"]) == (None, explaining.KNOWN)
    named = a_read("AB51CDF", readings=("AB51CDF=0.5", "AB51CDE=0.4"))
    told = explaining.explained(named, LISTED, None, None, known)
    assert "seen_before" in {factor["name"] for factor in told["evidence"]}


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"readings": ("AB51CDE=much",)}, "--reading"),
        ({"readings": ("AB51CDE=1.5",)}, "--reading"),
        ({"readings": ("AB51CDE=nan",)}, "--reading"),
        ({"characters": (0.5, 0.5)}, "--character"),
    ],
)
def test_odd_evidence_is_refused(given: dict[str, tuple[str | float, ...]], pointer: str) -> None:
    """What cannot be understood is told by its option."""
    with pytest.raises(Refused) as refused:
        a_read("AB51CDF", **given)  # type: ignore[arg-type]  # a mix of types by name
    assert [problem.pointer for problem in refused.value.problems] == [pointer]
