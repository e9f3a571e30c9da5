"""The rules of the field for an entry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anpr_match.domain.errors import Refused
from anpr_match.domain.watchlist import FORCES, Terms
from anpr_match.pipeline import entry_rules

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEAST = Terms(
    owner_force="herts",
    category="hare_coursing",
    reason="seen at Lilley Bottom",
    review_at=NOW + 20 * DAY,
    ends_at=NOW + 40 * DAY,
    plate="AB01CDE",
)


def broken(terms: Terms, before: Terms | None = None, editor_force: str = "herts") -> list[tuple[str, str]]:
    """Pointer and code of each rule that the terms break."""
    _, problems = entry_rules.check(terms, before, frozenset(FORCES), editor_force, NOW)
    return [(problem.pointer, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"plate": "ab01 cde"}, []),
        ({"plate": "АВ01 СDЕ"}, []),
        ({"plate": "A"}, [("/plate", "too_short")]),
        ({"plate": "0"}, [("/plate", "too_short")]),
        ({"plate": "000"}, [("/plate", "junk")]),
        ({"plate": "unknown"}, [("/plate", "junk")]),
        ({"plate": "No Plate"}, [("/plate", "junk")]),
        ({"plate": "AB01 C?E"}, [("/plate", "is_pattern")]),
        ({"plate": "AB01*"}, [("/plate", "is_pattern")]),
        ({"plate": "AB01€DE"}, [("/plate", "not_a_plate")]),
        ({"plate": " - "}, [("/plate", "not_a_plate")]),
        ({"pattern": "AB01?DE"}, [("/pattern", "plate_and_pattern")]),
        ({"plate": None, "pattern": "ab01 ?d*"}, []),
        ({"plate": None, "pattern": "AB01CDE"}, [("/pattern", "no_unknown")]),
        ({"plate": None, "pattern": "A*"}, [("/pattern", "too_wide")]),
        ({"plate": None, "pattern": "***"}, [("/pattern", "too_wide")]),
        ({"plate": None, "pattern": "AB.*[0-9]"}, [("/pattern", "pattern_characters")]),
        ({"plate": None, "pattern": "AB0?ß"}, [("/pattern", "pattern_characters")]),
        ({"plate": None, "pattern": "АВ01 *"}, []),
        ({"plate": None, "make": "Ford", "colour": "blue"}, []),
        ({"plate": None, "colour": "white"}, [("/plate", "no_vehicle")]),
        ({"plate": None}, [("/plate", "no_vehicle")]),
        ({"ends_at": NOW}, [("/ends_at", "past"), ("/review_at", "after_end")]),
        ({"ends_at": NOW + 10 * DAY}, [("/review_at", "after_end")]),
        ({"starts_at": NOW + 40 * DAY}, [("/starts_at", "after_end")]),
        ({"starts_at": NOW - 40 * DAY}, []),
        ({"review_at": NOW}, [("/review_at", "past")]),
        ({"owner_force": "met"}, [("/owner_force", "unknown_force")]),
        ({"shared_with": ("essex", "met")}, [("/shared_with/1", "unknown_force")]),
        ({"shared_with": ()}, []),
    ],
)
def test_each_rule_is_said_with_its_pointer(change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Each broken rule is named by a pointer and a code, and terms that keep all of them by none."""
    assert broken(replace(LEAST, **change)) == expected


def test_all_broken_rules_are_said_at_once() -> None:
    """An analyst hears of every broken rule in one answer."""
    terms = replace(LEAST, plate="0?", owner_force="met", ends_at=NOW - DAY, review_at=NOW - 2 * DAY)
    assert {pointer for pointer, _ in broken(terms)} == {"/plate", "/owner_force", "/ends_at", "/review_at"}


def test_comparable_forms_are_filled_in() -> None:
    """A plate gets its comparable form and keeps its spelling; a pattern is brought into its plain form."""
    checked, _ = entry_rules.check(replace(LEAST, plate="ab01 cde"), None, frozenset(FORCES), "herts", NOW)
    assert (checked.plate, checked.vrm) == ("ab01 cde", "AB01CDE")
    described = replace(LEAST, plate=None, pattern="ab-01 ?*")
    checked, _ = entry_rules.check(described, None, frozenset(FORCES), "herts", NOW)
    assert (checked.pattern, checked.vrm) == ("AB01?*", None)
    foreign = replace(LEAST, plate=None, pattern="АВ01?СDЕ")
    checked, _ = entry_rules.check(foreign, None, frozenset(FORCES), "herts", NOW)
    assert (checked.pattern, checked.vrm) == ("AB01?CDE", None)


def test_an_overdue_review_blocks_no_other_change() -> None:
    """A review date that has passed may stand when something else is amended, but may not be set."""
    overdue = replace(LEAST, review_at=NOW - DAY)
    assert broken(replace(overdue, reason="second look"), before=overdue) == []
    assert broken(overdue, before=LEAST) == [("/review_at", "past")]


def test_nobody_hides_an_entry_from_the_own_force() -> None:
    """Who writes an entry belongs to a force that can see it."""
    hidden = replace(LEAST, shared_with=("herts", "essex"))
    assert broken(hidden, editor_force="kent") == [("/shared_with", "hidden_from_editor")]
    assert broken(hidden, editor_force="essex") == []


def test_a_search_needs_comparable_plates() -> None:
    """Plates to look up are compared whatever their spelling; one that cannot be is refused in its place."""
    assert entry_rules.searchable(["ab01 cde", "AB01CDE"]) == ["AB01CDE", "AB01CDE"]
    with pytest.raises(Refused) as refused:
        entry_rules.searchable(["AB01CDE", "AB01?DE"])
    assert [problem.pointer for problem in refused.value.problems] == ["/plates/1"]
