"""From a row of a watchlist file to the terms of an entry, with everything that is wrong with it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.watchlist import FORCES, Response, Terms
from anpr_match.matching.normalise import normalise
from anpr_match.watchlist_file import cells, times
from anpr_match.watchlist_file.rows import Row

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
    """What holds for every row that does not say otherwise."""

    owner_force: str | None = None
    category: str | None = None
    reason: str | None = None
    review_at: datetime | None = None
    ends_at: datetime | None = None


class Reader:
    """Makes terms of rows. `at` is now: what has ended by then is refused, not listed."""

    def __init__(self, defaults: Defaults, at: datetime, forces: Collection[str] = FORCES) -> None:
        self._defaults = defaults
        self._at = at
        self._forces = forces

    def terms(self, row: Row) -> Terms:
        """The terms that the row states. Raises `Refused` with every problem, pointers naming columns."""
        problems = list(row.problems)
        if problems:
            raise Refused(problems)
        take = _Taker(row.cells, problems)
        owner_force = self._force(take, problems)
        plate, vrm = take.plate()
        ends_at = take.time("ends_at", times.last_moment) or self._defaults.ends_at
        terms = Terms(
            owner_force=owner_force,
            category=take.needed("category", self._defaults.category),
            reason=take.needed("reason", self._defaults.reason),
            review_at=self._review(take, ends_at),
            ends_at=ends_at or self._at,
            plate=plate,
            vrm=vrm,
            pattern=take.text("pattern"),
            make=take.text("make"),
            model=take.text("model"),
            colour=take.text("colour"),
            type=take.text("type"),
            priority=take.priority(),
            response=take.response(),
            warnings=take.texts("warnings", ()),
            source=take.text("source"),
            operation_id=take.text("operation_id"),
            group=take.text("group"),
            starts_at=take.time("starts_at", times.first_moment),
            shared_with=take.texts("shared_with", FORCES),
        )
        self._check(terms, ends_at, problems)
        if problems:
            raise Refused(problems)
        return terms

    def states_review(self, row: Row) -> bool:
        """Whether somebody wrote when this entry is to be reviewed."""
        return "review_at" in row.cells or self._defaults.review_at is not None

    def _force(self, take: "_Taker", problems: list[Problem]) -> str:
        named = take.needed("owner_force", self._defaults.owner_force).lower()
        force = FORCE_NAMES.get(named, named)
        if named and force not in self._forces:
            detail = f"the forces are {', '.join(self._forces)}"
            problems.append(Problem("/owner_force", "unknown_force", detail))
        return force

    def _review(self, take: "_Taker", ends_at: datetime | None) -> datetime:
        stated = take.time("review_at", times.first_moment) or self._defaults.review_at
        if stated is not None:
            return stated
        usual = self._at + REVIEW_AFTER
        return min(usual, ends_at) if ends_at is not None else usual

    def _check(self, terms: Terms, ends_at: datetime | None, problems: list[Problem]) -> None:
        if ends_at is None and not any(p.pointer == "/ends_at" for p in problems):
            problems.append(Problem("/ends_at", "missing", "every entry needs its end"))
        if ends_at is not None and ends_at <= self._at:
            problems.append(Problem("/ends_at", "ended", "its end has passed"))
        if ends_at is not None and terms.review_at > ends_at:
            problems.append(Problem("/review_at", "after_end", "the review is after the end"))
        if terms.starts_at is not None and ends_at is not None and terms.starts_at >= ends_at:
            problems.append(Problem("/starts_at", "after_end", "the start is not before the end"))
        if not (terms.plate or terms.pattern or terms.make or terms.model or terms.colour or terms.type):
            problems.append(Problem("/plate", "missing", "a plate, a pattern or a description is needed"))
        unknown = sorted(set(terms.shared_with) - set(self._forces))
        if unknown:
            problems.append(Problem("/shared_with", "unknown_force", "one of them is not a force"))


class _Taker:
    """Takes cells out of one row by column, and notes what is wrong with each."""

    def __init__(self, row_cells: dict[str, str], problems: list[Problem]) -> None:
        self._cells = row_cells
        self._problems = problems

    def text(self, column: str) -> str | None:
        return self._cells.get(column)

    def needed(self, column: str, default: str | None) -> str:
        value = self._cells.get(column) or default
        if not value:
            self._problem(column, "missing", "every entry needs it")
        return value or ""

    def plate(self) -> tuple[str | None, str | None]:
        raw = self._cells.get("plate")
        if raw is None:
            return None, None
        plate = normalise(raw)
        if plate.vrm is None:
            self._problem("plate", "not_a_plate", plate.refusal or "it cannot be compared with reads")
        return raw, plate.vrm

    def time(self, column: str, read: Callable[[str], datetime]) -> datetime | None:
        value = self._cells.get(column)
        if value is None:
            return None
        try:
            return read(value)
        except ValueError as error:
            self._problem(column, "time", f"{error}")
        return None

    def priority(self) -> int:
        value = self._cells.get("priority", "2")
        if value not in ("1", "2", "3"):
            self._problem("priority", "range", "it is 1 (high), 2 or 3")
            return 2
        return int(value)

    def response(self) -> Response:
        value = self._cells.get("response", Response.STOP.value)
        try:
            return Response(value.lower())
        except ValueError:
            self._problem("response", "unknown", f"it is one of {', '.join(Response)}")
        return Response.STOP

    def texts(self, column: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._cells.get(column)
        if value is None:
            return default
        try:
            return cells.to_list(value)
        except ValueError:
            self._problem(column, "list", "values divided by ; are needed")
        return default

    def _problem(self, column: str, code: str, detail: str) -> None:
        self._problems.append(Problem(f"/{column}", code, detail))
