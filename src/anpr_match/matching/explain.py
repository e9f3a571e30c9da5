"""Why a read and a listed plate match or do not: for an officer in a sentence, for an analyst in full."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

import numpy as np
from rapidfuzz.distance import Levenshtein, Opcode

from anpr_match.domain.hit import Factor
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import evidence, patterns, typed
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import AT
from anpr_match.matching.lookalikes import WILDCARDS
from anpr_match.matching.model import Reader
from anpr_match.matching.travel import Way

EDITS_TOLD_MAX = 3


class Told(Protocol):
    """What a sentence is made of: the texts, the entry, the row of evidence, the camera's reader, and
    whether the text is a typed mark with two characters swapped."""

    @property
    def read(self) -> str: ...
    @property
    def listed(self) -> str: ...
    @property
    def entry(self) -> Entry: ...
    @property
    def row(self) -> Floats: ...
    @property
    def reader(self) -> Reader: ...
    @property
    def swapped(self) -> bool: ...


GROUPS = (
    ("prior", ("prior",), "how often any one listed vehicle passes a camera"),
    ("listed_traffic", ("traffic",), "how often listed vehicles pass this camera, against the usual"),
    ("text", evidence.TEXT, "how likely the camera reads this when the plate is the listed one"),
    ("seen_before", evidence.SEEN, "the text read is a plate that cameras have seen before"),
    ("other_readings", evidence.OTHER_READINGS, "what the camera's other readings say"),
    ("characters", ("characters",), "how sure the camera was of the characters that differ"),
    ("make", ("make",), "make seen against make listed"),
    ("colour", ("colour",), "colour seen against colour listed"),
    ("sighting", evidence.SIGHTING, "when the listed vehicle was last seen"),
    ("travel_time", evidence.TRAVEL, "whether it can have come here from where it was last seen"),
)
"""Factors of a hit: name, the columns of evidence it sums, and what it is."""

_SUMMED = np.array([[float(column in columns) for _, columns, _ in GROUPS] for column in evidence.FEATURES])

_TOLD = [(name, note) for name, _, note in GROUPS]
_RIVALS = ("rivals", "other listed plates that the read may be")


@dataclass(frozen=True, slots=True)
class Step:
    """One place of an alignment: what the plate or pattern says, what was read ("" for nothing), whether
    this camera often takes the one for the other, and whether a pattern takes whatever was read there."""

    listed: str
    read: str
    often: bool
    open: bool = False

    @property
    def differs(self) -> bool:
        """Whether what was read is not what stands there, nor what a pattern would take."""
        return self.listed != self.read and not self.open


def factors(row: Floats, weights: Floats, rivals: float) -> tuple[Factor, ...]:
    """The non-zero factors of a row of evidence. `rivals`: what other listed plates that the read may
    be take away."""
    sums = ((row * weights) @ _SUMMED).tolist()
    told = zip((*_TOLD, _RIVALS), (*sums, rivals), strict=True)
    return tuple(
        Factor(name, rounded, note) for (name, note), value in told if value and (rounded := round(value, 4))
    )


def sentence(scored: Told, read: Read, way: Way | None = None) -> str:
    """The reason in one sentence that an officer understands. `way`: from where the listed vehicle was
    last seen."""
    parts = [_text_part(scored)]
    parts.extend(_vehicle_part(scored.row, read, scored.entry))
    if sighting := _sighting_part(scored, way):
        parts.append(sighting)
    return "; ".join(parts)


def steps(read_text: str, listed: str, reader: Reader, *, swapped: bool = False) -> list[Step]:
    """The alignment of the two texts, place by place. Of a typed mark with two characters `swapped` none
    was lost or added, nor was one taken for the other."""
    if swapped:
        return [Step(a, b, often=False) for a, b in zip(listed, read_text, strict=True)]
    codes = Levenshtein.opcodes(listed, read_text)
    return [step for code in codes for step in _steps(code, read_text, listed, reader)]


def pattern_steps(read_text: str, pattern: str, reader: Reader) -> list[Step]:
    """The alignment of a text with a comparable pattern, sign by sign; a star is one step with its run."""
    return [
        Step(sign, read, often=False, open=sign == "*" or bool(read))
        if sign in WILDCARDS
        else _step(sign, read, reader)
        for sign, read in patterns.aligned(pattern, read_text)
    ]


def misfit(pattern: str, steps: Sequence[Step]) -> str:
    """Why a text does not fit a pattern, in one sentence."""
    differ = [step for step in steps if step.differs]
    told = _differences(differ) if differ else "it is too long"
    return f"the text does not fit {pattern} ({told}); a pattern allows for no misread"


def _differing(read_text: str, listed: str, reader: Reader) -> list[Step]:
    """The places of the alignment where the texts differ."""
    differing = []
    for edit in Levenshtein.editops(listed, read_text):
        a = listed[edit.src_pos] if edit.tag != "insert" else ""
        b = read_text[edit.dest_pos] if edit.tag != "delete" else ""
        differing.append(_step(a, b, reader))
    return differing


def _steps(code: Opcode, read_text: str, listed: str, reader: Reader) -> Iterator[Step]:
    plate, text = listed[code.src_start : code.src_end], read_text[code.dest_start : code.dest_end]
    for a, b in zip_longest(plate, text, fillvalue=""):
        yield _step(a, b, reader)


def _step(a: str, b: str, reader: Reader) -> Step:
    return Step(a, b, a != b and bool(a) and reader.often(a, b))


def _text_part(scored: Told) -> str:
    if scored.read == scored.listed:
        return "every character agrees"
    if scored.swapped:
        told = _swap_part(scored.read, scored.listed)
    else:
        told = _differences(_differing(scored.read, scored.listed, scored.reader))
    if scored.row[AT["reading_named"]]:
        told += ", the camera offered the listed plate as another reading"
    return told


def _differences(differ: Sequence[Step]) -> str:
    """Where they differ, if that is not too much to tell."""
    if len(differ) > EDITS_TOLD_MAX:
        return f"{len(differ)} characters differ"
    told = ", ".join(_step_part(step) for step in differ)
    if all(step.often for step in differ):
        told += ": cameras often confuse them" if differ[-1].read else ": cameras often lose it"
    return told


def _swap_part(read_text: str, listed: str) -> str:
    at = typed.swapped_at(read_text, listed) or 0
    return f"{read_text[at]} and {read_text[at + 1]} were swapped"


def _step_part(step: Step) -> str:
    if not step.read:
        return f"{step.listed} of the listed plate was not read"
    if not step.listed:
        return f"{step.read} was read that is not on the list"
    return f"read {step.read}, {step.listed} on the list"


def _sighting_part(scored: Told, way: Way | None) -> str | None:
    if way is not None and not way.is_possible:
        may_be = "two vehicles may carry this plate"
        if scored.read != scored.listed:
            may_be = "this may be another vehicle"
        return f"seen {_way_part(way)}: {may_be}"
    if way is not None and way.nearness:
        return f"it was seen {_way_part(way)}, a plausible drive"
    if scored.row[AT["sighted_20min"]]:
        return "it was seen within the last 20 minutes"
    if scored.row[AT["sighted_2h"]]:
        return "it was seen within the last two hours"
    return None


def _way_part(way: Way) -> str:
    minutes = round(abs(way.time_s) / 60)
    when = "before" if way.time_s >= 0 else "after"
    time = "less than a minute" if minutes < 1 else "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{way.km:.0f} km away {time} {when}"


def _vehicle_part(row: Floats, read: Read, entry: Entry) -> list[str]:
    if read.vehicle is None:
        return []
    pairs = (
        ("make", read.vehicle.make, entry.terms.make),
        ("colour", read.vehicle.colour, entry.terms.colour),
    )
    agree = [listed for name, seen, listed in pairs if seen and listed and row[AT[name]] > 0]
    differ = [
        f"{name} {seen.lower()} seen, {listed.lower()} listed"
        for name, seen, listed in pairs
        if seen and listed and row[AT[name]] < 0
    ]
    parts = [f"{' '.join(reversed(agree)).lower()} agrees"] if agree else []
    return parts + differ
