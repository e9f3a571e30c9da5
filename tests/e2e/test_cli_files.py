"""`replay`, `learn` and `evaluate` as a person runs them: files in, files out."""

import json
from pathlib import Path

import pytest

from tests.e2e.commands import Run, json_of

WATCHLIST = (
    "plate,force,category,make,colour\nAB12CDE,hertfordshire,hare_coursing,VOLVO,BLUE\nXY56ZAB,kent,,,\n"
)
READS = (
    "read_id,camera_id,captured_at,plate,confidence,candidates\n"
    "r1,cam1,2026-09-14T00:00:01+00:00,AB12CDE,0.95,[]\n"
    "r2,cam1,2026-09-14T00:00:02+00:00,A812CDE,0.80,[]\n"
    'r3,cam1,2026-09-14T00:00:03+00:00,LM63PQR,0.90,"[[""LM63PQR"",0.9],[""LM63PQB"",0.1]]"\n'
    "r4,cam1,2026-09-14T00:00:04+00:00,,0.10,[]\n"
)
TRUTH = "read_id,true_plate\nr1,AB12CDE\nr2,AB12CDE\nr3,LM63PQR\nr4,XY56ZAB\n"


@pytest.fixture
def files(tmp_path: Path) -> None:
    """A list, reads and their truth in the folder where commands run."""
    for name, text in {"W.csv": WATCHLIST, "R.csv": READS, "T.csv": TRUTH}.items():
        (tmp_path / name).write_text(text)


@pytest.mark.usefixtures("files")
def test_replay_and_evaluate(run: Run, tmp_path: Path) -> None:
    """Reads are matched in one command and judged in another; nothing but the result is printed."""
    words = ("--watchlist", "W.csv", "--reads", "R.csv")
    summary = run("replay", *words, "--output", "H.jsonl", "--json")
    assert json_of(summary)["hits"] == 2
    assert not summary.stderr
    hits = [json.loads(line) for line in (tmp_path / "H.jsonl").read_text().splitlines()]
    assert [(hit["read_id"], hit["plate"], hit["tier"]) for hit in hits] == [
        ("r1", "AB12CDE", "exact"),
        ("r2", "AB12CDE", "probable"),
    ]
    assert hits[1]["reason"].startswith("read 8, B on the list")
    judged = json_of(run("evaluate", "--hits", "H.jsonl", *words, "--truth", "T.csv", "--json"))
    assert (judged["passages"], judged["misread_passages"]) == (2, 1)
    assert judged["by_threshold"][0]["precision"] == 1.0


@pytest.mark.usefixtures("files")
def test_learned_model_is_used(run: Run) -> None:
    """A model learned from files is one that `replay` and `explain` take, and they name it."""
    learned = json_of(run("learn", "--reads", "R.csv", "--truth", "T.csv", "--output", "M.json", "--json"))
    explained = json_of(run("explain", "A812CDE", "AB12 CDE", "--model", "M.json", "--json"))
    assert explained["model"] == learned["model"]
    assert explained["tier"] == "probable"
    assert [step["often"] for step in explained["characters"] if step["listed"] != step["read"]] == [True]


@pytest.mark.usefixtures("files")
def test_odd_lines_of_a_list(run: Run, tmp_path: Path) -> None:
    """A line of the list that is no entry is left out and told of, and costs no other line."""
    (tmp_path / "W.csv").write_text(WATCHLIST + "UNKNOWN,,,,\nAB50XYZ,a,b,c,d,e\n")
    ended = run("replay", "--watchlist", "W.csv", "--reads", "R.csv", "--output", "H.jsonl", "--json")
    summary = json_of(ended)
    assert (summary["entries"], summary["hits"]) == (2, 2)
    assert [line["line"] for line in summary["left_out"]] == [4, 5]
    assert "W.csv: line 4 is left out" in ended.stderr


def test_a_pattern_is_explained(run: Run) -> None:
    """That a pattern fits or does not is an answer; one that the list would not take is exit 1, in a line."""
    fits = json_of(run("explain", "AB12CDE", "AB1?C*", "--json"))
    assert (fits["tier"], fits["reason"]) == ("possible", "the plate fits AB1?C*")
    misfit = run("explain", "AB12CDE", "AB13*").stdout
    assert misfit.startswith("no hit: the text does not fit AB13* (read 2, 3 on the list)")
    ended = run("explain", "AB12CDE", "A*", code=1)
    assert ended.stderr == "anpr-match: PLATE: at least 2 characters must be known\n"


def test_odd_files(run: Run, tmp_path: Path) -> None:
    """A file that cannot be used is one line that names the file and the line, and exit 1."""
    (tmp_path / "W.csv").write_text(WATCHLIST)
    (tmp_path / "R.csv").write_text(READS.replace("2026-09-14T00:00:03+00:00", "yesterday"))
    ended = run("replay", "--watchlist", "W.csv", "--reads", "R.csv", "--output", "H.jsonl", code=1)
    assert "R.csv: line 4" in ended.stderr
    (tmp_path / "M.json").write_text("{}")
    ended = run("explain", "AB12CDE", "AB12CDE", "--model", "M.json", code=1)
    assert "M.json" in ended.stderr
