"""What `explain` says in words."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from anpr_match.cli import explain, explaining
from anpr_match.cli.explaining import Listed, Past, a_read
from anpr_match.domain.errors import Refused
from anpr_match.domain.read import Vehicle
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from tests.unit.matching.voi import AT, a_voi

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


def test_a_typed_swap_is_aligned_in_place() -> None:
    """Of a mark that a person typed with two characters swapped none was lost or added, nor is one often
    taken for the other; of a camera's read the alignment stays the shortest."""
    told = explaining.explained(a_read("AB15CDE"), LISTED, "typed", None)
    assert told["reason"] == "1 and 5 were swapped"
    steps = [(step["listed"], step["read"], step["often"]) for step in told["characters"]]
    assert steps[1:5] == [("B", "B", False), ("5", "1", False), ("1", "5", False), ("C", "C", False)]
    camera = explaining.explained(a_read("AB15CDE"), LISTED, None, None)
    assert [step["read"] for step in camera["characters"]].count("") == 1


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"readings": ("AB51CDE=much",)}, "--reading"),
        ({"readings": ("AB51CDE=1.5",)}, "--reading"),
        ({"readings": ("AB51CDE=nan",)}, "--reading"),
        ({"characters": (0.5, 0.5)}, "--character"),
    ],
)
def test_odd_evidence_is_refused(given: dict[str, Any], pointer: str) -> None:
    """What cannot be understood is told by its option."""
    with pytest.raises(Refused) as refused:
        a_read("AB51CDF", **given)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def against(pattern: str, read: str = "AB51CDE", **looks: str) -> dict[str, Any]:
    """What is told of a silver Subaru's read against a pattern."""
    seen = a_read(read, vehicle=Vehicle(make="SUBARU", colour="silver"))
    return explaining.explained(seen, Listed(pattern, **looks), None, None)


def test_a_pattern_is_explained_as_the_live_matcher_weighs_it() -> None:
    """Probability, tier, reason and factors of a pattern are those of a hit, looks included."""
    read = a_read("AB51CDE", vehicle=Vehicle(make="SUBARU", colour="blue"))
    entry = a_voi("e", pattern="AB5?C*", make="Subaru", colour="silver")
    index = WatchlistIndex.build([entry], 1)
    ((_, match),) = Matcher(models.default()).match([read], index, AT - timedelta(days=1), {})
    told = explaining.explained(read, Listed("ab5? c*", "Subaru", "silver"), None, None)
    assert (told["probability"], told["tier"]) == (match.probability, "possible")
    assert told["reason"] == match.reason
    assert told["evidence"] == [asdict(factor) for factor in match.evidence]
    assert [factor["name"] for factor in told["evidence"]] == ["prior", "pattern", "make", "colour"]


def test_looks_count_beside_a_pattern() -> None:
    """A make that agrees makes it likelier, one that does not unlikelier, and both are hits, as live."""
    agrees, differs, silent = against("AB5*", make="Subaru"), against("AB5*", make="Ford"), against("AB5*")
    assert agrees["probability"] > silent["probability"] > differs["probability"]
    assert agrees["tier"] == silent["tier"] == differs["tier"] == "possible"


def test_the_alignment_with_a_pattern_tells_what_is_open() -> None:
    """Known characters stand beside their own, `?` beside its one and `*` beside its run."""
    steps = against("AB5?C*")["characters"]
    assert [(step["listed"], step["read"]) for step in steps] == [
        *(("A", "A"), ("B", "B"), ("5", "5"), ("?", "1"), ("C", "C"), ("*", "DE")),
    ]
    assert [step["listed"] for step in steps if step["open"]] == ["?", "*"]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("?B51CDB", "read E, B on the list"),
        ("AB51CDE?", "? of the listed plate was not read"),
        ("AB?", "4 characters differ"),
        ("AB5ICD*", "read 1, I on the list: cameras often confuse them"),
    ],
)
def test_a_text_that_does_not_fit_is_told(pattern: str, told: str) -> None:
    """A text that does not fit a pattern is no hit, and the reason says where it differs."""
    found = against(pattern)
    assert (found["tier"], found["probability"], found["evidence"]) == (None, None, [])
    assert found["reason"] == f"the text does not fit {pattern} ({told}); a pattern allows for no misread"


def test_a_text_that_is_too_long_for_patterns_is_told() -> None:
    """A text that patterns are not held against is told as such, although its characters agree."""
    assert "it is too long" in against("AB5*", "AB5" + "1" * 70)["reason"]


@pytest.mark.parametrize(
    ("pattern", "detail"),
    [
        ("A*", "at least 2 characters must be known"),
        ("*", "at least 2 characters must be known"),
        ("AB\u00a7?", "section sign is not a character of a plate"),
        ("\uff1fB", "at least 2 characters must be known"),
    ],
)
def test_a_bad_pattern_is_refused_as_the_list_refuses_it(pattern: str, detail: str) -> None:
    """A pattern that the watchlist does not take is told in its words, by the argument."""
    with pytest.raises(Refused) as refused:
        against(pattern)
    assert [(problem.pointer, problem.detail) for problem in refused.value.problems] == [("PLATE", detail)]


def test_a_pattern_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, a run stands under its star, and only what differs is marked."""
    explain._print(against("AB5*8", "AB51CDE"))
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "listed  A B 5 *   8",
        "read    A B 5 1CD E",
        "                  ^",
        "? and * are open: they take what was read",
    ]
