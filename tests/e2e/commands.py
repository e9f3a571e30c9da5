"""Running the command line in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Ended = subprocess.CompletedProcess[str]
Run = Callable[..., Ended]

WAIT_S = 100


def runner(folder: Path) -> Run:
    """Runs commands in this folder; fails on another exit code than `code`, and on a traceback."""

    def run(*words: str, code: int = 0, env: Mapping[str, str] | None = None) -> Ended:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
        ended = subprocess.run(
            [sys.executable, "-m", "anpr_match", *words],
            env={**kept, **(env or {})},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )
        assert ended.returncode == code, ended.stderr
        assert "Traceback" not in ended.stderr
        return ended

    return run


def json_of(ended: Ended) -> Any:
    """The JSON value that the command printed."""
    return json.loads(ended.stdout)
