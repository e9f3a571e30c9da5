"""Entries without a whole plate: a pattern that the text fits, or a description that the vehicle fits.

Such an entry was written to be told of every vehicle that fits, so each fit is a match. The probability
says how far that narrows it down: the fewer vehicles fit by chance, the likelier this is the one.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime

from anpr_match.domain.hit import Factor, Match, Tier
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import evidence
from anpr_match.matching.candidates import Batch
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model

LETTER_SHARE, DIGIT_SHARE = 1 / 23, 1 / 10
"""Chance that another plate has this letter, or digit, at a place: British marks use 23 letters."""


def matches(
    model: Model, batch: Batch, index: WatchlistIndex, at: datetime | None
) -> Iterator[tuple[int, Match]]:
    """(position, match) of every read that fits an entry's pattern or description."""
    for number, entry in index.find_patterns(batch.texts, batch.packed):
        read = batch.read(number)
        if entry.matches_at(at or read.captured_at):
            yield number, _made(model, read, batch.texts[number], entry)
    if not index.has_descriptions:
        return
    reads = [batch.read(number) for number in range(len(batch.texts))]
    for number, entry in index.find_described([read.vehicle for read in reads]):
        if entry.matches_at(at or reads[number].captured_at):
            yield number, _made(model, reads[number], batch.texts[number], entry)


def _made(model: Model, read: Read, text: str, entry: Entry) -> Match:
    factors = _factors(model, read, entry)
    odds = sum(factor.log_odds for factor in factors)
    return Match(
        entry=entry,
        plate_read=text,
        plate_listed=entry.terms.pattern or "",
        probability=1 / (1 + math.exp(-odds)),
        tier=Tier.POSSIBLE,
        reason=_reason(read, entry, factors),
        evidence=tuple(factors),
        model=model.version,
    )


def _factors(model: Model, read: Read, entry: Entry) -> list[Factor]:
    terms, seen = entry.terms, read.vehicle
    factors = [Factor("prior", math.log(model.weights["passages"]), "how often any one vehicle passes")]
    if terms.pattern:
        known = [character for character in terms.pattern if character.isalnum()]
        chance = sum(math.log(DIGIT_SHARE if c.isdigit() else LETTER_SHARE) for c in known)
        factors.append(Factor("pattern", -chance, f"{len(known)} known characters agree"))
    looks: tuple[tuple[str, str | None, str | None, float, Mapping[str, float]], ...] = (
        ("make", seen.make if seen else None, terms.make, evidence.MAKE_RIGHT, model.makes),
        ("colour", seen.colour if seen else None, terms.colour, evidence.COLOUR_RIGHT, model.colours),
    )
    for name, told, listed, right, shares in looks:
        ratio = evidence.attribute_ratio(told, listed, right, shares)
        if ratio:
            factors.append(Factor(name, round(ratio, 4), f"{told} seen, {listed} listed"))
    return factors


def _reason(read: Read, entry: Entry, factors: list[Factor]) -> str:
    parts = [f"the plate fits {entry.terms.pattern}"] if entry.terms.pattern else ["the vehicle fits"]
    parts += [factor.note.lower() for factor in factors if factor.name in ("make", "colour")]
    return "; ".join(parts)
