"""Reads and an index of the watchlist in, scored matches out: the same input gives the same output."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz.distance import Levenshtein

from anpr_match.domain.hit import Factor, Match, Tier
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model
from anpr_match.matching.normalise import normalise_many


@dataclass(frozen=True, slots=True)
class Borders:
    """Where the tiers begin: a fuzzy match at `probable` or above is probable, at `possible` or above
    possible, and below that no hit at all. An exact match of the text is always tier exact."""

    probable: float = 0.5
    possible: float = 0.05


class Matcher:
    """Finds the entries that a read may be, and says how sure that is and why."""

    def __init__(self, model: Model, borders: Borders | None = None) -> None:
        self.model = model
        self.borders = borders or Borders()

    def match(
        self,
        reads: Sequence[Read],
        index: WatchlistIndex,
        at: datetime | None,
        engines: Mapping[str, str],
    ) -> list[tuple[int, Match]]:
        """Every match of these reads, as (position in `reads`, match), by position and entry id.

        An entry matches only when it is in force `at` that time; with None, when each read was
        captured. `engines` names the engine of each camera as far as it is known.
        """
        texts, positions, firsts = _texts(reads)
        pairs = index.find(texts)
        best: dict[tuple[int, str], Match] = {}
        for i, slot in zip(pairs.read.tolist(), pairs.slot.tolist(), strict=True):
            position = positions[i]
            when = at or reads[position].captured_at
            factor = self._text_factor(texts[i], index.vrm_of(slot), alternative=i >= firsts)
            for match in self._matches(texts[i], index.vrm_of(slot), index.entries_of(slot), factor):
                key = (position, match.entry.entry_id)
                known = best.get(key)
                if match.entry.matches_at(when) and (known is None or known.probability < match.probability):
                    best[key] = match
        return [(position, best[position, entry_id]) for position, entry_id in sorted(best)]

    def _matches(self, text: str, vrm: str, entries: Iterable[Entry], factor: Factor) -> Iterable[Match]:
        exact = factor.name == "exact"
        probability = 1 / (1 + math.exp(-factor.log_odds))
        if not exact and probability < self.borders.possible:
            return
        for entry in entries:
            yield Match(
                entry=entry,
                plate_read=text,
                plate_listed=entry.terms.plate or vrm,
                probability=probability,
                tier=self._tier(exact, probability),
                reason=factor.note,
                evidence=(factor,),
                model=self.model.version,
            )

    def _tier(self, exact: bool, probability: float) -> Tier:
        if exact:
            return Tier.EXACT
        return Tier.PROBABLE if probability >= self.borders.probable else Tier.POSSIBLE

    def _text_factor(self, text: str, vrm: str, alternative: bool) -> Factor:
        edits = list(Levenshtein.editops(text, vrm))
        if not edits and not alternative:
            return Factor("exact", self.model.exact_log_odds, "every character agrees")
        if not edits:
            note = f"{text} is another reading that the camera offered, and is on the list"
            return Factor("text", self.model.lookalike_log_odds, note)
        tag, at_read, at_listed = edits[0].tag, edits[0].src_pos, edits[0].dest_pos
        if tag == "replace":
            read, listed = text[at_read], vrm[at_listed]
            if self.model.confuses(read, listed):
                note = f"read {read}, {listed} on the list: cameras often confuse them"
                return Factor("text", self.model.lookalike_log_odds, note)
            return Factor("text", self.model.other_log_odds, f"read {read}, {listed} on the list")
        if tag == "delete":
            note = f"the camera saw a {text[at_read]} that is not on the list"
        else:
            note = f"the camera missed a {vrm[at_listed]} of the listed plate"
        return Factor("text", self.model.length_log_odds, note)


def _texts(reads: Sequence[Read]) -> tuple[list[str], list[int], int]:
    """Comparable texts of all readings, then of all alternatives; the read that each belongs to; and
    how many of the texts are readings."""
    raw = [read.plate for read in reads]
    positions = list(range(len(reads)))
    for position, read in enumerate(reads):
        raw.extend(candidate.plate for candidate in read.candidates)
        positions.extend([position] * len(read.candidates))
    vrms = normalise_many(raw)
    kept = [(vrm, position) for vrm, position in zip(vrms, positions, strict=True) if vrm]
    firsts = sum(1 for vrm in vrms[: len(reads)] if vrm)
    return [vrm for vrm, _ in kept], [position for _, position in kept], firsts
