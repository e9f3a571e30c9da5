"""What `watchlist import` and `export` do; their declarations stand in `watchlist_files`."""

import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from anpr_match.cli import listed
from anpr_match.cli.opened import Stores, as_analyst, in_stores, who
from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.watchlist import State
from anpr_match.ports.audit import Act, Kind
from anpr_match.watchlist_file import decode, export, plan, rows
from anpr_match.watchlist_file.entries import Defaults, Desk, Reader
from anpr_match.watchlist_file.plan import Plan, Verdict


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether to do what is planned, and whether one refused line is reason not to."""

    apply: bool
    strict: bool


def imported(file: Path, defaults: Defaults, encoding: str | None, wish: Wish) -> dict[str, Any]:
    """What the file does, or would do, to the list. Raises `Refused` if the file cannot be used."""
    sheet = rows.sheet(_content(file), decode.Bounds(), encoding)
    force = defaults.owner_force or ""

    async def work(stores: Stores) -> dict[str, Any]:
        forces = frozenset(await stores.registers.forces())
        if force not in forces:
            detail = f"there is no force {force}; known are {', '.join(sorted(forces))}"
            raise Refused([Problem("--owner-force", "unknown_force", detail)])
        standing = [entry async for entry in listed.every(stores, None, State.ACTIVE)]
        made = plan.plan(sheet.rows, Reader(defaults, Desk(forces, force, stores.clock.now())), standing)
        apply = wish.apply and not (wish.strict and made.count(Verdict.REFUSED))
        if apply and made.count(Verdict.ADD):
            reason = f"import of {file.name}: {defaults.reason or 'reasons by line'}"
            await listed.editor(stores).create_all(made.additions(), reason, as_analyst(force))
        return _report(file, made, apply, sheet.ignored)

    return in_stores(work)


def exported(output: Path | None, force: str | None) -> None:
    """Write the active entries to the file, which only its owner may read, or to standard output."""

    async def work(stores: Stores) -> list[str]:
        entries = [entry async for entry in listed.every(stores, force, State.ACTIVE)]
        subject = f"{len(entries)} entries"
        now = stores.clock.now()
        await stores.audit.note(Act(now, Kind.DISCLOSURE, who(), force, "watchlist.export", subject, None))
        return list(export.lines(entry.terms for entry in entries))

    _write(output, in_stores(work))


def _content(file: Path) -> bytes:
    """The bytes of the file, refused before they are read if there are too many."""
    bounds = decode.Bounds()
    if file.stat().st_size > bounds.bytes_max:
        raise Refused([Problem("", "too_long", f"the file is longer than {bounds.bytes_max:,} bytes")])
    return file.read_bytes()


def _write(output: Path | None, lines: Iterable[str]) -> None:
    if output is None:
        sys.stdout.buffer.writelines(line.encode() for line in lines)
        sys.stdout.buffer.flush()
        return
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.writelines(line.encode() for line in lines)


def _report(file: Path, made: Plan, applied: bool, ignored: tuple[str, ...]) -> dict[str, Any]:
    return {
        "file": file.name,
        "applied": applied,
        **{verdict.value: made.count(verdict) for verdict in Verdict},
        "ignored_columns": list(ignored),
        "lines": [
            {
                "line": line.line,
                "result": line.verdict.value,
                "entry_id": line.entry_id,
                "note": line.note,
                "problems": [asdict(problem) for problem in line.problems],
            }
            for line in made.lines
        ],
    }
