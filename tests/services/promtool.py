"""Prometheus' own checker of rules: on the path, or where deploy/test-services.sh puts it.

It is fetched where it can be had. Elsewhere its tests are left out, but for CI, and the others still hold
every query to the catalogue.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

FETCHED = ROOT / ".services" / "promtool"


def program() -> str:
    """The program; skips the test where it cannot be had, and fails in CI, where nothing is left out."""
    found = shutil.which("promtool") or (str(FETCHED) if FETCHED.exists() else None)
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail("promtool is not there: deploy/test-services.sh fetches it")
    pytest.skip("promtool is not there: deploy/test-services.sh fetches it")


def run(*words: str | Path) -> str:
    """What it says; fails when it is not content."""
    ended = subprocess.run(
        [program(), *map(str, words)], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    return said
