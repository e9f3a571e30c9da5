"""quixstreams and faust on the same topic, each in a process of its own.

They want older libraries than we do, so `make .venv-peers/.peers` gives them a virtual environment of
their own. What cannot be measured is said in the result, with the reason, under the peer's name.
"""

import asyncio
import contextlib
import json
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anpr_match.bench import peer_program

NAMES = ("quixstreams", "faust")
PYTHON = Path(".venv-peers/bin/python")
MISSING = "not measured: there is no {python}; `make .venv-peers/.peers` makes it"
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The interpreter that has the peers, and how long each may take reads: the slowest would need
    minutes for what we take in seconds."""

    python: Path = PYTHON
    seconds: float = 10.0


async def measured(
    limits: Limits, bootstrap: str, topic: str, listed: Sequence[str], reads: int
) -> list[dict[str, Any]]:
    """One object for each peer: `name` and `reads, hits, wall_s, cpu_s`, or `name` and `error`."""
    if not await asyncio.to_thread(limits.python.exists):
        return [{"name": name, "error": MISSING.format(python=limits.python)} for name in NAMES]
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        file = Path(folder) / "listed"
        await asyncio.to_thread(file.write_text, "\n".join(listed), "utf-8")
        return [
            {"name": name, **await _one(limits, [name, bootstrap, topic, _group(), str(file), str(reads)])}
            for name in NAMES
        ]


async def _one(limits: Limits, words: list[str]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(str(limits.python), "-P", peer_program.__file__, *words, str(limits.seconds)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_S + limits.seconds):
            said, complained = await process.communicate()
    except TimeoutError:
        return {"error": "not measured: it took no reads in time"}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    lines = [line for line in said.decode().splitlines() if line.startswith("{")]
    if not lines:
        last = complained.decode(errors="replace").strip().splitlines()[-1:]
        return {"error": f"not measured: {' '.join(last)}"}
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def _group() -> str:
    return f"anpr-bench-{uuid.uuid4().hex[:12]}"
