"""What an import will do, before it does it."""

from dataclasses import replace

from anpr_match.watchlist_file.entries import Defaults
from anpr_match.watchlist_file.plan import Plan, Verdict, plan
from tests.unit.watchlist_file.desk import DEFAULTS, reader, rows_of, standing, terms_of


def planned(text: str, *standing_texts: str) -> Plan:
    entries = [standing(terms_of(t), f"e-{n}") for n, t in enumerate(standing_texts, 1)]
    return plan(rows_of(text), reader(), entries)


def test_each_verdict() -> None:
    """Every line gets its verdict, with its line number."""
    made = planned(
        "plate,colour\nAB01CDE,\nAB50CDE,\nab50 cde,\nAB01XYZ,RED\nNOPLATE,\n",
        "plate\nAB01CDE\n",
        "plate,colour\nAB01XYZ,BLUE\n",
    )
    assert [(line.line, line.verdict) for line in made.lines] == [
        (2, Verdict.UNCHANGED),
        (3, Verdict.ADD),
        (4, Verdict.DUPLICATE),
        (5, Verdict.DUPLICATE),
        (6, Verdict.REFUSED),
    ]
    assert made.count(Verdict.DUPLICATE) == 2
    assert [terms.vrm for terms in made.additions()] == ["AB50CDE"]


def test_standing_entry_is_never_overwritten() -> None:
    """A line that says something else than the standing entry names that entry and what differs."""
    (line,) = planned("plate,colour\nAB01CDE,RED\n", "plate,colour\nAB01CDE,BLUE\n").lines
    assert line.entry_id == "e-1"
    assert line.note == "herts lists it already, with another colour: amend that entry"


def test_other_force() -> None:
    """A vehicle that another force lists too is added, and the other force is named."""
    (line,) = planned("plate\nAB01CDE\n", "plate,force\nAB01CDE,norfolk\n").lines
    assert (line.verdict, line.note) == (Verdict.ADD, "also listed by norfolk")


def test_spelling_is_no_difference() -> None:
    """The same vehicle spelt otherwise is the same entry."""
    (line,) = planned("plate\nAB01 cde\n", "plate\nAB01CDE\n").lines
    assert line.verdict is Verdict.UNCHANGED


def test_review_stated() -> None:
    """A review that the file states is compared; one that nobody stated moves with the day."""
    terms = terms_of("plate\nAB01CDE\n")
    earlier = standing(replace(terms, review_at=terms.ends_at))
    assert plan(rows_of("plate\nAB01CDE\n"), reader(), [earlier]).lines[0].verdict is Verdict.UNCHANGED
    stated = rows_of("plate,review_at\nAB01CDE,2026-12-05\n")
    assert plan(stated, reader(), [earlier]).lines[0].verdict is Verdict.DUPLICATE
    defaults = Defaults("herts", DEFAULTS.category, DEFAULTS.reason, "2026-12-05", DEFAULTS.ends_at)
    again = plan(rows_of("plate\nAB01CDE\n"), reader(defaults), [earlier])
    assert again.lines[0].verdict is Verdict.DUPLICATE


def test_patterns_and_descriptions() -> None:
    """Entries without a plate are the same vehicle when pattern and description are the same."""
    text = "plate,pattern,make,colour\n,AB?1C*,,\n,,VOLVO,BLUE\n,,VOLVO,RED\n"
    made = planned(text, "plate,pattern\n,ab?1c*\n", "plate,make,colour\n,VOLVO,BLUE\n")
    assert [line.verdict for line in made.lines] == [Verdict.UNCHANGED, Verdict.UNCHANGED, Verdict.ADD]
