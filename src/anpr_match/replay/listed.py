"""The watchlist of a replay: entries from a file that needs no more than plates."""

from datetime import UTC, datetime
from pathlib import Path

from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching.normalise import normalise
from anpr_match.replay import tables
from anpr_match.replay.tables import Table, refused

EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When an entry of a file ends that names no end."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("starts_at", "ends_at")


def entries(path: Path) -> list[Entry]:
    """One entry for each row with a plate (or pattern, or description). Raises Refused with the line."""
    table = tables.table(path, ["plate"])
    return [_entry(table, at) for at in range(table.rows)]


def _entry(table: Table, at: int) -> Entry:
    cell = {name: text.strip() for name, text in table.row(at).items()}
    plate = cell.get("plate") or None
    vrm = None
    if plate:
        comparable = normalise(plate)
        if comparable.vrm is None:
            raise refused(table.name, "odd_plate", f"line {at + 2}: {comparable.refusal}")
        vrm = comparable.vrm
    terms = Terms(
        owner_force=cell.get("owner_force") or cell.get("force") or "",
        category=cell.get("category") or "",
        reason=cell.get("reason") or "",
        review_at=EVER,
        ends_at=_time(table, at, cell.get("ends_at")) or EVER,
        plate=plate,
        vrm=vrm,
        pattern=cell.get("pattern") or None,
        make=cell.get("make") or None,
        model=cell.get("model") or None,
        colour=cell.get("colour") or None,
        type=cell.get("type") or None,
        starts_at=_time(table, at, cell.get("starts_at")),
    )
    return Entry(f"line-{at + 2}", 1, terms, State.ACTIVE, NEVER, "", NEVER, "")


def _time(table: Table, at: int, cell: str | None) -> datetime | None:
    if not cell:
        return None
    try:
        time = datetime.fromisoformat(cell)
    except ValueError as error:
        raise refused(table.name, "odd_cell", f"line {at + 2}: {cell} is not a time") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
