"""The watchlist of a replay: read as an import reads it, with no more needed than plates."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.pipeline import entry_rules
from anpr_match.replay.tables import refused
from anpr_match.watchlist_file import decode, rows, times
from anpr_match.watchlist_file.rows import Row

EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When an entry of a file ends that names no end."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """The entries of a file, and the lines that are none, each with what is wrong with it."""

    entries: list[Entry]
    left_out: list[tuple[int, str]]


def listed(path: Path) -> Listed:
    """One entry for each row that names a vehicle. A bad row is left out and told of, and costs no
    other. Raises Refused when the file as a whole cannot be used."""
    try:
        sheet = rows.sheet(path.read_bytes(), decode.Bounds())
    except OSError as error:
        raise refused(path.name, "unreadable_file", str(error)) from error
    except Refused as error:
        raise refused(path.name, error.problems[0].code, error.problems[0].detail) from error
    entries: list[Entry] = []
    left_out: list[tuple[int, str]] = []
    for row in sheet.rows:
        try:
            entries.append(_entry(row))
        except Refused as error:
            left_out.append((row.line, "; ".join(problem.detail for problem in error.problems)))
    return Listed(entries, left_out)


def _entry(row: Row) -> Entry:
    cells = row.cells
    stated = Terms(
        owner_force=cells.get("owner_force", ""),
        category=cells.get("category", ""),
        reason=cells.get("reason", ""),
        review_at=EVER,
        ends_at=_time(row, "ends_at") or EVER,
        plate=cells.get("plate"),
        pattern=cells.get("pattern"),
        make=cells.get("make"),
        model=cells.get("model"),
        colour=cells.get("colour"),
        type=cells.get("type"),
        starts_at=_time(row, "starts_at"),
    )
    terms, problems = entry_rules.named(stated)
    if row.problems or problems:
        raise Refused([*row.problems, *problems])
    return Entry(f"line-{row.line}", 1, terms, State.ACTIVE, NEVER, "", NEVER, "")


def _time(row: Row, column: str) -> datetime | None:
    cell = row.cells.get(column)
    if cell is None:
        return None
    try:
        return times.last_moment(cell) if column == "ends_at" else times.first_moment(cell)
    except ValueError as error:
        raise Refused([Problem(f"/{column}", "form", f"{column}: {error}")]) from error
