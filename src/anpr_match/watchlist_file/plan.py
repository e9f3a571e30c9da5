"""What an import will do, line by line, before it does it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.watchlist import Entry, Terms
from anpr_match.watchlist_file.entries import Reader
from anpr_match.watchlist_file.rows import Row


class Verdict(StrEnum):
    """What becomes of a line."""

    ADD = "add"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file with its verdict: the terms to add, or why it is not added.

    `note` is a sentence for the analyst; `entry_id` names the entry that already stands for it.
    """

    line: int
    verdict: Verdict
    terms: Terms | None = None
    problems: tuple[Problem, ...] = ()
    note: str | None = None
    entry_id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Every line of the file, in its order."""

    lines: list[Line]

    def count(self, verdict: Verdict) -> int:
        return sum(1 for line in self.lines if line.verdict is verdict)

    def additions(self) -> list[Terms]:
        return [line.terms for line in self.lines if line.verdict is Verdict.ADD and line.terms is not None]


def plan(rows: Iterable[Row], reader: Reader, standing: Sequence[Entry]) -> Plan:
    """Compare the rows with the entries that stand.

    One force lists one vehicle once: a second line for it is a duplicate, a line that says what the
    standing entry says is unchanged, and a line that says something else is left to an amendment of
    that entry, never a silent overwrite. Another force's entry for the same vehicle is only noted.
    """
    listed = {_key(entry.terms): entry for entry in standing}
    elsewhere: dict[str, set[str]] = {}
    for entry in standing:
        if entry.terms.vrm:
            elsewhere.setdefault(entry.terms.vrm, set()).add(entry.terms.owner_force)
    seen: dict[tuple[str, ...], int] = {}
    return Plan([_judged(row, reader, listed, elsewhere, seen) for row in rows])


def _judged(
    row: Row,
    reader: Reader,
    listed: dict[tuple[str, ...], Entry],
    elsewhere: dict[str, set[str]],
    seen: dict[tuple[str, ...], int],
) -> Line:
    try:
        terms = reader.terms(row)
    except Refused as refused:
        return Line(row.line, Verdict.REFUSED, problems=tuple(refused.problems))
    key = _key(terms)
    if key in seen:
        return Line(row.line, Verdict.DUPLICATE, terms, note=f"the same vehicle as line {seen[key]}")
    seen[key] = row.line
    entry = listed.get(key)
    if entry is not None:
        return _standing(row.line, terms, entry, reader.states_review(row))
    others = sorted(elsewhere.get(terms.vrm or "", set()) - {terms.owner_force})
    note = f"also listed by {', '.join(others)}" if others else None
    return Line(row.line, Verdict.ADD, terms, note=note)


def _standing(line: int, terms: Terms, entry: Entry, review_stated: bool) -> Line:
    # A review that nobody stated is reckoned from today, so it differs every day and says nothing.
    same_review = terms if review_stated else replace(terms, review_at=entry.terms.review_at)
    changed = differences(entry.terms, same_review)
    if not changed:
        return Line(line, Verdict.UNCHANGED, terms, entry_id=entry.entry_id)
    note = f"{terms.owner_force} lists it already, with another {', '.join(changed)}: amend that entry"
    return Line(line, Verdict.DUPLICATE, terms, note=note, entry_id=entry.entry_id)


def differences(standing: Terms, stated: Terms) -> list[str]:
    """The fields that differ; how the plate is spelt is no difference."""
    same = replace(stated, plate=standing.plate)
    return [name for name in Terms.__slots__ if getattr(standing, name) != getattr(same, name)]


def _key(terms: Terms) -> tuple[str, ...]:
    """What makes two entries of one force the same vehicle."""
    described = (terms.make, terms.model, terms.colour, terms.type)
    identity = (terms.vrm,) if terms.vrm else (terms.pattern, *described)
    return (terms.owner_force, *(part or "" for part in identity))
