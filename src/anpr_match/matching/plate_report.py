"""What a text is as a plate: its comparable form, the formats it fits, and what it could be."""

from collections.abc import Sequence
from datetime import date
from itertools import product

from anpr_match.matching import issued, lookalikes
from anpr_match.matching.grammar import Grammar
from anpr_match.matching.layouts import Layout
from anpr_match.matching.normalise import normalise

_EXCHANGES_MAX = 4
"""A reading that exchanges more characters than this is another text, not a reading."""

_TOO_LOOSE = frozenset(["foreign", "military", "trade"])
"""Formats that would take almost anything: fitting them makes no reading."""


def reports(texts: Sequence[str], on: date) -> list[dict[str, object]]:
    """What `anpr-match plate` prints, one report for each text: `text`, `vrm` or None with the
    `reason`, `formats` that the text fits as issued by that day, and `readings`: the text itself when
    it fits a format, then what does after exchange of look-alikes, by the characters exchanged."""
    grammar = Grammar(on)
    return [_report(text, grammar) for text in texts]


def _report(text: str, grammar: Grammar) -> dict[str, object]:
    plate = normalise(text)
    if plate.vrm is None:
        return {"text": text, "vrm": None, "reason": plate.refusal, "formats": [], "readings": []}
    formats = grammar.formats(plate.vrm)
    itself = [plate.vrm] if formats else []
    return {
        "text": text,
        "vrm": plate.vrm,
        "reason": None,
        "formats": [_described(layout, plate.vrm) for layout in formats],
        "readings": itself + [other for other in readings(plate.vrm, grammar) if other not in itself],
    }


def readings(vrm: str, grammar: Grammar) -> list[str]:
    """Texts that fit a British, Irish or island format when letters are taken for the digits they
    look like, and digits for letters. No letter is taken for another letter here: both would fit."""
    found: set[tuple[int, str]] = set()
    for layout in grammar.layouts(len(vrm)):
        if layout.format in _TOO_LOOSE:
            continue
        choices = [
            [character for character in (old, *_exchanged(old)) if character in allowed]
            for old, allowed in zip(vrm, layout.places, strict=True)
        ]
        for characters in product(*choices):
            reading = "".join(characters)
            exchanged = sum(new != old for new, old in zip(reading, vrm, strict=True))
            if exchanged <= _EXCHANGES_MAX and layout.fits(reading):
                found.add((exchanged, reading))
    return [reading for _, reading in sorted(found)]


def _exchanged(character: str) -> list[str]:
    """Letters that look like this digit, or the digit that looks like this letter."""
    return [
        other
        for group in lookalikes.CLASSES
        if character in group
        for other in group
        if other.isdigit() != character.isdigit()
    ]


def _described(layout: Layout, vrm: str) -> dict[str, object]:
    described: dict[str, object] = {"format": layout.format, "country": layout.country}
    first = {
        "current": lambda: issued.identifiers(date.max)[vrm[2:4]],
        "prefix": lambda: issued.PREFIX_FROM[vrm[0]],
        "suffix": lambda: issued.SUFFIX_FROM[vrm[-1]],
    }.get(layout.format)
    if first:
        described["issued_from"] = first().isoformat()
    return described
