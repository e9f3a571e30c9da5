"""An entry on the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from anpr_match.domain.errors import Refused
from anpr_match.domain.watchlist import FORCES, Entry, Response, State, Terms
from anpr_match.wire import watchlist

LEAST = {
    "plate": "AB01CDE",
    "owner_force": "herts",
    "category": "hare_coursing",
    "reason": "seen at Lilley Bottom",
    "review_at": "2026-12-01T00:00:00Z",
    "ends_at": "2026-12-20T00:00:00Z",
}


def terms(**change: Any) -> Terms:
    return watchlist.EntryIn.model_validate({**LEAST, **change}).terms()


def test_the_least_entry_gets_the_defaults_of_the_contract() -> None:
    """Priority 2, stop, shared with all seven forces."""
    least = terms()
    assert (least.priority, least.response, least.shared_with) == (2, Response.STOP, FORCES)
    assert least.ends_at == datetime(2026, 12, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"entry_id": "e-1"},
        {"version": 2},
        {"state": "withdrawn"},
        {"created_by": "me"},
        {"vrm": "AB01CDE"},
        {"priority": 0},
        {"priority": "1"},
        {"priority": True},
        {"response": "shoot"},
        {"warnings": "dogs"},
        {"warnings": ["x"] * 21},
        {"reason": ""},
        {"plate": ""},
        {"plate": 7},
        {"plate": "A" * 33},
        {"ends_at": "2026-12-20T00:00:00"},
    ],
)
def test_what_an_analyst_may_not_write_is_refused(change: dict[str, Any]) -> None:
    """Fields that the service owns, wrong types and values out of bounds do not pass."""
    with pytest.raises(ValidationError):
        terms(**change)


def test_forces_are_named_once() -> None:
    """A force that is named twice is shared with once."""
    assert terms(shared_with=["Essex", "essex", "kent"]).shared_with == ("essex", "kent")


def test_a_merge_patch_changes_sets_and_clears() -> None:
    """What is absent stays, a value replaces, null clears."""
    before = terms(group="g1", warnings=["dogs"])
    after = watchlist.patched(before, {"group": None, "warnings": ["catapults"], "priority": 1})
    assert (after.group, after.warnings, after.priority) == (None, ("catapults",), 1)
    assert after.reason == before.reason
    assert after.ends_at == before.ends_at


def test_a_merge_patch_moves_from_plate_to_pattern() -> None:
    """A plate can be cleared in favour of a pattern in one patch."""
    after = watchlist.patched(terms(), {"plate": None, "pattern": "AB01?DE"})
    assert (after.plate, after.pattern) == (None, "AB01?DE")


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"reason": None}, "/reason"),
        ({"version": 3}, "/version"),
        ({"nonsense": None}, "/nonsense"),
        ({"warnings": {"0": "x"}}, "/warnings"),
        ({"shared_with": ["essex", 5]}, "/shared_with/1"),
    ],
)
def test_a_bad_merge_patch_is_refused_with_pointers(patch: dict[str, Any], pointer: str) -> None:
    """A patch cannot clear what is mandatory nor name what the service owns."""
    with pytest.raises(Refused) as refused:
        watchlist.patched(terms(), patch)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_an_entry_goes_out_with_the_fields_of_the_contract() -> None:
    """Absent fields are null, times are UTC, and nothing internal is shown."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    entry = Entry("e-1", 3, terms(), State.ACTIVE, at, "desk 4", at, "desk 5")
    body = watchlist.entry_out(entry).model_dump(mode="json")
    assert body["version"] == 3
    assert body["pattern"] is None
    assert body["ends_at"] == "2026-12-20T00:00:00Z"
    assert body["shared_with"] == list(FORCES)
    assert "vrm" not in body
