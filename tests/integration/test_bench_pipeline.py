"""The measurement of the whole matcher, small: that it measures what it says."""

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anpr_match.bench import peers, pipeline
from anpr_match.bootstrap.stores import open_stores
from anpr_match.settings import Data, Settings

PEER = """
import json, sys
name, bootstrap, topic, group, listed, reads, seconds = sys.argv[-7:]
plates = open(listed).read().split()
print(json.dumps({"reads": int(reads), "hits": len(plates), "wall_s": 2.0, "cpu_s": 1.0}))
"""


async def _measured(bootstrap: str, folder: Path, plan: pipeline.Plan) -> dict[str, Any]:
    opened = functools.partial(open_stores, Settings(data=Data(dir=folder)))
    return await pipeline.run(bootstrap, opened, plan)


@pytest.fixture
def peer(tmp_path: Path) -> peers.Limits:
    """Stands in for the interpreter of the peers, and answers as their program does."""
    python = tmp_path / "python"
    python.write_text(f"#!/usr/bin/env python3{PEER}", encoding="utf-8")
    python.chmod(0o700)
    return peers.Limits(python)


async def test_ours_and_the_bare_loop_take_every_read_of_the_same_topic(
    kafka_bootstrap: str, tmp_path: Path, peer: peers.Limits
) -> None:
    """All take all reads, ours records hits anew for each list, and the ratios name the two sides."""
    plan = pipeline.Plan(2_000, (500, 1_000), (0.02,), partitions=3, processes=False, peer_limits=peer)
    result = await _measured(kafka_bootstrap, tmp_path, plan)
    rows = result["results"]
    assert [(r["name"], r["list_size"], r["reads"]) for r in rows] == [
        ("bare_getmany_decode", 0, 2_000),
        ("ours", 500, 2_000),
        ("ours_first_day", 500, 2_000),
        ("ours", 1_000, 2_000),
        ("ours_first_day", 1_000, 2_000),
        ("quixstreams", 500, 2_000),
        ("faust", 500, 2_000),
        ("quixstreams", 1_000, 2_000),
        ("faust", 1_000, 2_000),
    ]
    assert len(rows[0]["runs_reads_per_s"]) == 3
    assert all(r["hits"] > 10 for r in rows if r["name"].startswith("ours"))
    assert {"take", "match", "record", "commit", "other", "decode"} == set(rows[1]["us_per_read"])
    # The peer that stands in took 2,000 reads in two seconds, and the whole list.
    assert [(r["reads_per_s"], r["cpu_us_per_read"], r["hits"]) for r in rows[5:7]] == [(1_000, 500, 500)] * 2
    assert list(result["ratios"]) == [
        f"{pair} list={size} hits=0.02{by}"
        for size in (500, 1_000)
        for pair in (
            "ours/bare_getmany_decode",
            "ours/quixstreams",
            "ours/faust",
            "ours_first_day/bare_getmany_decode",
        )
        for by in ("", " cpu")
    ]
    assert {"processor", "cores", "load_1min", "database"} <= set(result["machine"])


async def test_processes_of_their_own_take_every_read(kafka_bootstrap: str, tmp_path: Path) -> None:
    """One new process and two that share the topic drain it, and each paced read is seen to be durable."""
    plan = pipeline.Plan(2_000, (500,), (), partitions=3, paced_s=1.0)
    result = await _measured(kafka_bootstrap, tmp_path, plan)
    rows = result["results"]
    assert [(r["name"], r["list_size"], r["reads"]) for r in rows] == [
        ("drain", 500, 2_000),
        ("one_matcher", 500, 2_000),
        ("two_matchers", 500, 2_000),
        ("latency_1000", 500, 1_000),
    ]
    drain, _, _, latency = rows
    assert 0 < drain["start_s"] < drain["seconds"]
    assert 0 < latency["p50_ms"] <= latency["p99_ms"] <= latency["max_ms"]
    assert list(result["ratios"]) == ["two_matchers/one_matcher list=500 hits=0.001"]


async def test_peers_that_are_not_installed_are_named(tmp_path: Path) -> None:
    """Each peer that cannot be measured says so in its row, and how to get it."""
    rows = await peers.measured(peers.Limits(tmp_path / "none"), "nowhere:1", "topic", ["AB01CDE"], 1)
    assert [row["name"] for row in rows] == ["quixstreams", "faust"]
    assert all("not measured" in row["error"] and "make .venv-peers" in row["error"] for row in rows)


async def test_peer_that_fails_says_why(tmp_path: Path) -> None:
    """The last line that a peer complained of stands in its row."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho first >&2\necho no such library >&2\nexit 1\n", encoding="utf-8")
    python.chmod(0o700)
    rows = await peers.measured(peers.Limits(python), "nowhere:1", "topic", ["AB01CDE"], 1)
    assert [row["error"] for row in rows] == ["not measured: no such library"] * 2


def test_peer_ends_when_it_has_taken_its_reads() -> None:
    """A peer looks up the plate in capitals without blanks around it, says what it took, and is gone."""
    program = (
        "from anpr_match.bench.peer_program import LookUp\n"
        "look_up = LookUp(frozenset({'AB01CDE'}), 2, 60.0)\n"
        "for plate in (' ab01cde ', 'AB01CDF', 'AB01CDG'):\n"
        "    look_up.take({'plate': plate})\n"
        "print('taken too many', flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (said,) = done.stdout.split("\n")[1:-1]
    assert (json.loads(said)["reads"], json.loads(said)["hits"]) == (2, 1)
