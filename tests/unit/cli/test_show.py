"""What commands print."""

import json

import pytest

from anpr_match.cli import show


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are aligned under their names; what is unknown is a dash."""
    show.as_table(
        [{"unit_id": "u-1", "force": None}, {"unit_id": "u-22", "force": True}], ["unit_id", "force"], ""
    )
    assert capsys.readouterr().out == "unit id  force\nu-1      -\nu-22     yes\n"


def test_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to show is said in a sentence."""
    show.as_table([], ["unit_id"], "No unit yet.")
    assert capsys.readouterr().out == "No unit yet.\n"


def test_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret shown once is said to be so, apart from what is printed."""
    show.as_facts({"token_id": "t-1", "token": "secret"}, once="token")
    captured = capsys.readouterr()
    assert captured.out == "token id  t-1\ntoken     secret\n"
    assert "shown this once" in captured.err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is one value, with letters as they are."""
    show.as_json({"name": "café"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"name": "café"}
    assert "café" in printed
