"""The rules of the field that a watchlist entry must keep, beyond the form of its fields."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.watchlist import Terms
from anpr_match.matching.normalise import normalise, normalise_pattern

PLATE_CHARS_MIN = 2
PATTERN_KNOWN_CHARS_MIN = 2
DESCRIPTION_FIELDS_MIN = 2

JUNK = frozenset(
    {"UNKNOWN", "UNLICENSED", "UNRECOGNISE", "UNRECOGNISED", "UNREAD", "NOPLATE", "NOTDEFINED"}
    | {"NULL", "NONE", "NIL", "NAN", "NA", "NK", "TEST", "PLATE", "VRM"}
)
"""What cameras and lists write where a plate should stand; compared with the whole plate, so that no
real plate is among them. A run of noughts is junk as well."""


def check(
    terms: Terms, before: Terms | None, forces: frozenset[str], editor_force: str, now: datetime
) -> tuple[Terms, list[Problem]]:
    """The terms with `vrm` and the plain form of `pattern` filled in, and every rule that they break.

    `before` are the terms that stand when an entry is amended: a review that is overdue may then stay
    as it is. `editor_force` is the force of who writes.
    """
    rules = _Rules(terms, before, forces, now)
    named = rules.vehicle()
    rules.times()
    rules.sharing(editor_force)
    return named, rules.problems


def named(terms: Terms) -> tuple[Terms, list[Problem]]:
    """The terms with `vrm` and the plain form of `pattern` filled in, and the rules that what names the
    vehicle breaks: of a list that states nothing else."""
    rules = _Rules(terms, None, frozenset(), terms.ends_at)
    return rules.vehicle(), rules.problems


def searchable(plates: Sequence[str]) -> list[str]:
    """The comparable forms of plates to look up. Raises `Refused` naming those that have none."""
    found = [normalise(plate) for plate in plates]
    problems = [
        Problem(f"/plates/{n}", "not_a_plate", plate.refusal or "it cannot be compared with reads")
        for n, plate in enumerate(found)
        if plate.vrm is None
    ]
    if problems:
        raise Refused(problems)
    return [plate.vrm for plate in found if plate.vrm is not None]


@dataclass(slots=True)
class _Rules:
    terms: Terms
    before: Terms | None
    forces: frozenset[str]
    now: datetime
    problems: list[Problem] = field(default_factory=list)

    def vehicle(self) -> Terms:
        """Check what names the vehicle; returns the terms with its comparable forms."""
        plate, pattern = self.terms.plate, self.terms.pattern
        if plate is not None and pattern is not None:
            self._say("/pattern", "plate_and_pattern", "an entry has a plate or a pattern, not both")
        if plate is not None:
            return replace(self.terms, vrm=self._vrm(plate))
        if pattern is not None:
            return replace(self.terms, vrm=None, pattern=self._pattern(pattern))
        described = (self.terms.make, self.terms.model, self.terms.colour, self.terms.type)
        if sum(1 for value in described if value is not None) < DESCRIPTION_FIELDS_MIN:
            self._say(
                "/plate",
                "no_vehicle",
                "a plate, a pattern, or at least two of make, model, colour and type are needed",
            )
        return replace(self.terms, vrm=None)

    def _vrm(self, plate: str) -> str | None:
        if "?" in plate or "*" in plate:
            self._say("/plate", "is_pattern", "a plate with unknown characters goes into `pattern`")
            return None
        found = normalise(plate)
        if found.vrm is None:
            self._say("/plate", "not_a_plate", found.refusal or "it cannot be compared with reads")
        elif len(found.vrm) < PLATE_CHARS_MIN:
            self._say("/plate", "too_short", f"a plate has at least {PLATE_CHARS_MIN} characters")
        elif found.vrm in JUNK or not found.vrm.strip("0"):
            self._say("/plate", "junk", "this is what systems write where there is no plate")
        return found.vrm

    def _pattern(self, pattern: str) -> str:
        found = normalise_pattern(pattern)
        plain = found.vrm or pattern
        if found.vrm is None and pattern.strip("?* "):
            self._say("/pattern", "pattern_characters", found.refusal or "it cannot be compared with reads")
        elif "?" not in plain and "*" not in plain:
            self._say("/pattern", "no_unknown", "a pattern without `?` or `*` is a plate")
        elif sum(character not in "?*" for character in plain) < PATTERN_KNOWN_CHARS_MIN:
            self._say("/pattern", "too_wide", f"at least {PATTERN_KNOWN_CHARS_MIN} characters must be known")
        return plain

    def times(self) -> None:
        terms, before = self.terms, self.before
        if terms.ends_at <= self.now:
            self._say("/ends_at", "past", "the end must lie in the future")
        if terms.starts_at is not None and terms.starts_at >= terms.ends_at:
            self._say("/starts_at", "after_end", "the start must come before the end")
        if terms.review_at > terms.ends_at:
            self._say("/review_at", "after_end", "the review must not come after the end")
        if terms.review_at <= self.now and (before is None or before.review_at != terms.review_at):
            self._say("/review_at", "past", "the review must lie in the future")

    def sharing(self, editor_force: str) -> None:
        known = f"known are {', '.join(sorted(self.forces))}"
        if self.terms.owner_force not in self.forces:
            self._say("/owner_force", "unknown_force", known)
        for n, force in enumerate(self.terms.shared_with):
            if force not in self.forces:
                self._say(f"/shared_with/{n}", "unknown_force", known)
        if not self.problems and not self.terms.visible_to(editor_force):
            self._say(
                "/shared_with", "hidden_from_editor", "your own force must own the entry or be among these"
            )

    def _say(self, pointer: str, code: str, detail: str) -> None:
        self.problems.append(Problem(pointer, code, detail))
