"""What is installed holds all that the service needs, and asks for nothing that is not locked."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT, committed

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def _pins(lock: str) -> dict[str, str]:
    return dict(
        re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_wheel_holds_every_file(tmp_path: Path) -> None:
    """The wheel holds every file of the package: pages, migrations, models, the mark of types."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packed = set(opened.namelist())
    source = ROOT / "src"
    assert {str(path.relative_to(source)) for path in committed() if path.is_relative_to(source)} <= packed


@pytest.mark.parametrize(("smaller", "larger"), [(LOCKS[0], LOCKS[1]), (LOCKS[1], LOCKS[2])])
def test_locks_agree(smaller: str, larger: str) -> None:
    """The larger lock file holds all of the smaller one at the same versions, so one .venv serves both."""
    assert _pins(smaller).items() <= _pins(larger).items()


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-peers.lock"])
def test_every_pin_has_a_hash(lock: str) -> None:
    """Every locked release carries its hashes."""
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)[
        1:
    ]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
