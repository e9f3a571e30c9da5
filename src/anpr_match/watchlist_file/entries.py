"""From a row of a watchlist file to the terms of an entry, with everything that is wrong with it.

A row is held to the same form and the same rules as an entry sent over HTTP.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.watchlist import Terms
from anpr_match.pipeline import entry_rules
from anpr_match.watchlist_file import cells, times
from anpr_match.watchlist_file.rows import Row
from anpr_match.wire.problem import of_validation
from anpr_match.wire.watchlist import EntryIn

REVIEW_AFTER = timedelta(days=28)
"""When an entry that names no review is to be looked at again, if it lives that long."""

FORCE_NAMES = {
    "bedfordshire": "beds",
    "cambridgeshire": "cambs",
    "hertfordshire": "herts",
}
"""Forces that lists name by county; the other four counties are their own codes."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every row that does not say otherwise; times as in a cell."""

    owner_force: str | None = None
    category: str | None = None
    reason: str | None = None
    review_at: str | None = None
    ends_at: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a file is read: the forces there are, the force whose desk it is, and the time."""

    forces: frozenset[str]
    editor_force: str
    now: datetime


class Reader:
    """Makes terms of rows."""

    def __init__(self, defaults: Defaults, desk: Desk) -> None:
        self._defaults = {
            name: value for name in Defaults.__slots__ if (value := getattr(defaults, name)) is not None
        }
        self._desk = desk

    def terms(self, row: Row) -> Terms:
        """The terms that the row states. Raises `Refused` with every problem, pointers naming columns."""
        if row.problems:
            raise Refused(list(row.problems))
        written: dict[str, str] = {**self._defaults, **row.cells}
        values, problems = _values(written)
        if problems:
            raise Refused(problems)
        values.setdefault("review_at", self._review(values))
        try:
            stated = EntryIn.model_validate({name: v for name, v in values.items() if v is not None}).terms()
        except ValidationError as error:
            raise Refused(of_validation(error.errors(include_input=False, include_url=False))) from None
        desk = self._desk
        terms, problems = entry_rules.check(stated, None, desk.forces, desk.editor_force, desk.now)
        if not self.states_review(row):
            # Whoever stated no review is not told of one: what is wrong is the end it was reckoned from.
            problems = [problem for problem in problems if problem.pointer != "/review_at"]
        if problems:
            raise Refused(problems)
        return terms

    def states_review(self, row: Row) -> bool:
        """Whether somebody wrote when this entry is to be reviewed."""
        return "review_at" in row.cells or "review_at" in self._defaults

    def _review(self, values: dict[str, object]) -> datetime:
        usual = self._desk.now + REVIEW_AFTER
        ends_at = values.get("ends_at")
        return min(usual, ends_at) if isinstance(ends_at, datetime) else usual


def _values(written: dict[str, str]) -> tuple[dict[str, object], list[Problem]]:
    """The cells as values of their kind, and those that are not of their kind."""
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for column, cell in written.items():
        try:
            values[column] = _KINDS[column](cell) if column in _KINDS else cell
        except ValueError as error:
            problems.append(Problem(f"/{column}", "form", str(error)))
    return values, problems


def _force(cell: str) -> str:
    return FORCE_NAMES.get(cell.lower(), cell)


def _forces(cell: str) -> tuple[str, ...]:
    return tuple(_force(force) for force in cells.to_list(cell))


def _priority(cell: str) -> int:
    if cell not in ("1", "2", "3"):
        raise ValueError("it is 1 (high), 2 or 3")
    return int(cell)


_KINDS: dict[str, Callable[[str], object]] = {
    "owner_force": _force,
    "shared_with": _forces,
    "warnings": cells.to_list,
    "priority": _priority,
    "response": str.lower,
    "starts_at": times.first_moment,
    "review_at": times.first_moment,
    "ends_at": times.last_moment,
}
"""Columns that are more than text."""
