"""The bench of the search measures every method in a process of its own, and says what is missing."""

import importlib.util
from pathlib import Path

import pytest

from anpr_match.bench import match, plot
from anpr_match.bench.searches import Case, Search
from anpr_match.domain.errors import SetUp


def test_form() -> None:
    """Machine, one result for each method and list, and ratios, as scripts rely on them."""
    result = match.run((200,), seconds=0.1)
    rows = {row["name"]: row for row in result["results"]}
    wanted = {"ours", "rapidfuzz_extract", "rapidfuzz_cdist", "symspellpy", "tantivy", "memory_limit"}
    assert wanted <= set(rows)
    for row in rows.values():
        assert row["list_size"] == 200
        assert row.get("reads_per_s", 0) > 0 or "not installed" in row["error"]
    assert set(rows["ours"]["batch_500_ms"]) == {"p50", "p99"}
    assert result["ratios"]["ours_candidates/rapidfuzz_extract@200"] > 0
    assert result["machine"]["cores"] > 0


def test_missing_peer() -> None:
    """A peer that is not installed has a sentence that says how to get it, and no figures."""
    result = match._in_child(match._measured, match.Method("absent", _absent, 1), Case((), (), ()), [], 0.1)
    assert result == {"error": "no_such_peer is not installed: pip install 'anpr-match[bench]'"}


def _absent(_case: Case) -> Search:
    raise ModuleNotFoundError(name="no_such_peer")


def test_picture(tmp_path: Path) -> None:
    """A result is drawn into a file, methods without figures left out; or it says what that needs."""
    row = {"name": "ours", "list_size": 1_000, "reads_per_s": 1e6}
    result = {"machine": {"processor": "made up"}, "results": [row, {"name": "tantivy", "error": "absent"}]}
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(SetUp, match="needs matplotlib"):
            plot.draw(result, tmp_path / "match.svg")
        return
    plot.draw(result, tmp_path / "match.svg")
    assert (tmp_path / "match.svg").read_text(encoding="utf-8").count("<svg") == 1
