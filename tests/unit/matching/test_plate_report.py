"""The report of the plate command has the form that scripts rely on."""

import json
from datetime import date

from anpr_match.matching.plate_report import reports

ON = date(2026, 11, 22)


def test_form() -> None:
    """One object for each text in the order given, with exactly the keys of the contract."""
    both = reports(["ab51 cde", "AB1?CDE"], ON)
    assert [list(each) for each in both] == [["text", "vrm", "reason", "formats", "readings"]] * 2
    good, refused = both
    assert (good["text"], good["vrm"], good["reason"]) == ("ab51 cde", "AB51CDE", None)
    assert {"format": "current", "country": "GB", "issued_from": "2001-09-01"} in good["formats"]  # type: ignore[operator]  # an object is a list here
    assert (refused["vrm"], refused["formats"], refused["readings"]) == (None, [], [])
    assert "unread" in str(refused["reason"])
    assert json.loads(json.dumps(both)) == both


def test_itself_first() -> None:
    """A text that fits a format is the first of its readings, also when the format is foreign."""
    first, foreign = reports(["250A", "AB01CDE"], ON)
    assert first["readings"][0] == "250A"  # type: ignore[index]  # an object is a list here
    assert foreign["readings"][0] == "AB01CDE"  # type: ignore[index]  # an object is a list here


def test_long_text_has_no_readings() -> None:
    """A text longer than every layout has no readings, however many look-alikes it holds."""
    (report,) = reports(["0" * 64], ON)
    assert report["readings"] == []
