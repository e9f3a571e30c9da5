"""Reads and an index of the watchlist in, scored matches out: the same input gives the same output.

Exact matches of the text are always reported. Fuzzy candidates pass a gate first (a text that two
cameras or days have seen is another vehicle's plate), then a floor on what the texts alone say, and
only the few that are left are weighed with everything else that is known.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anpr_match.domain.hit import Match, Tier
from anpr_match.domain.read import Read
from anpr_match.domain.routing import Place
from anpr_match.domain.sighting import Rules
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import evidence, explain, partial
from anpr_match.matching.anyone import Anyone
from anpr_match.matching.batch import ByColumn, Columns
from anpr_match.matching.candidates import Batch
from anpr_match.matching.ceiling import Ceiling
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import AT
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model, Reader
from anpr_match.matching.normalise import normalise_many
from anpr_match.matching.packing import Indices
from anpr_match.matching.pairs import ScoredPairs, score
from anpr_match.matching.readers import Known
from anpr_match.matching.seen import SeenBefore, sources
from anpr_match.matching.sightings import BLOCK_READS, RecentSightings, Sighting
from anpr_match.matching.travel import NOWHERE, USUAL, Way, way

SLACK = 1e-6
"""Log-odds that sums of the same numbers in another order may differ by."""
SURE = 0.9
"""A fuzzy match at least this probable counts as a sighting of the listed vehicle."""
SUREST = 0.999999
"""No match is certain, also where every character agrees: plates are cloned."""


@dataclass(frozen=True, slots=True)
class Borders:
    """Where the tiers begin: a fuzzy match at `probable` or above is probable, at `possible` or above
    possible, and below that no match at all. An exact match of the text is always tier exact."""

    probable: float = 0.7
    possible: float = 0.05


@dataclass(frozen=True, slots=True)
class Memory:
    """What the matcher remembers between batches, if it is given it: plates seen before, and sightings
    of listed plates. Without it each batch is matched as if it were the first."""

    seen: SeenBefore
    sightings: RecentSightings = field(default_factory=RecentSightings)


@dataclass(frozen=True, slots=True)
class Scored:
    """One read against one entry: the read whole and its text, the row of evidence, and whether the text
    is the entry's, or was typed with two characters of the entry's swapped."""

    position: int
    whole: Read
    read: str
    listed: str
    entry: Entry
    exact: bool
    row: Floats
    reader: Reader
    swapped: bool


_POSITION = attrgetter("position")


class Matcher:
    """Finds the entries that a read may be, and says how sure that is and why.

    Not for use by two threads at once when it has a memory.
    """

    def __init__(
        self,
        model: Model,
        borders: Borders | None = None,
        memory: Memory | None = None,
        rules: Rules = USUAL,
    ) -> None:
        """`rules` say what way no vehicle can have come."""
        self.model = model
        self.borders = borders or Borders()
        self.memory = memory
        self._rules = rules
        self._weights = evidence.vector(model.weights)
        self._floor = _logit(self.borders.possible)
        self.ceiling = Ceiling(model)
        self._known = Known(model)
        self._anyone = Anyone(model.own)
        self._first = 0

    def without_memory(self) -> Self:
        """The same matcher, to which each batch is the first."""
        bare = copy.copy(self)
        bare.memory = None
        return bare

    def match(
        self,
        reads: Sequence[Read] | Columns,
        index: WatchlistIndex,
        at: datetime | None,
        engines: Mapping[str, str],
        places: Mapping[str, Place] = NOWHERE,
    ) -> list[tuple[int, Match]]:
        """Every match of these reads, as (position in `reads`, match), by position.

        An entry matches only when it is in force `at` that time; with None, when each read was
        captured. `engines` names the engine of each camera as far as it is known, and `places` where it
        stands, for reads that do not say it. With a memory, reads are best given in the order of capture.
        """
        batch = self._begun(ByColumn(reads) if isinstance(reads, Sequence) else reads, index)
        pairs = score(self.model, self._known, self.ceiling, batch, index, engines)
        result = list(self._judged(pairs, batch, index, at, places)) if pairs else []
        result.extend(partial.matches(self.model, batch, index, at))
        result.sort(key=lambda found: found[0])
        return result

    def _judged(
        self,
        pairs: ScoredPairs,
        batch: Batch,
        index: WatchlistIndex,
        at: datetime | None,
        places: Mapping[str, Place],
    ) -> Iterator[tuple[int, Match]]:
        """The matches among these pairs."""
        self._count(pairs, batch, index, at)
        self._rate(pairs, batch, len(index))
        possible = self._possible(pairs, batch, index)
        if pairs.sharpen(self._anyone, possible):
            possible = self._possible(pairs, batch, index)
        found = self._scored(pairs, possible, batch, index, at)
        for number, group in groupby(found, key=_POSITION):
            for match in self._weighed(list(group), places):
                yield number, match

    def labelled(
        self, columns: Columns, index: WatchlistIndex, engines: Mapping[str, str]
    ) -> Iterator[Scored]:
        """Every candidate of these reads with its evidence, however unlikely, for fitting weights. An
        exact one counts as a sighting. Where cameras stand is not looked at: a week that is made up does
        not tell how vehicles drive, and the weights of their ways are assumed."""
        batch = self._begun(columns, index)
        pairs = score(self.model, self._known, self.ceiling, batch, index, engines)
        if pairs is None:
            return
        self._count(pairs, batch, index, None)
        self._rate(pairs, batch, len(index))
        every = np.arange(len(pairs.listed))
        pairs.sharpen(self._anyone, every)
        for scored in self._scored(pairs, every, batch, index, None):
            self._recall(scored, None)
            if scored.exact and self.memory is not None:
                read = scored.whole
                self.memory.sightings.note(scored.listed, Sighting(read.camera_id, read.captured_at))
            yield scored

    def _begun(self, columns: Columns, index: WatchlistIndex) -> Batch:
        cameras = columns.cameras
        texts, packed = columns.texts
        if self.memory is None:
            return Batch(columns, texts, packed, cameras, np.zeros(len(texts), np.uint8))
        self._first = self.memory.sightings.begin(cameras, len(index))
        days = columns.days
        before = self.memory.seen.observe(packed.words, sources(cameras, days), days.astype(np.uint16))
        return Batch(columns, texts, packed, cameras, before)

    def _rate(self, pairs: ScoredPairs, batch: Batch, listed: int) -> None:
        """Fill in how often listed vehicles pass the cameras of the reads."""
        fitted = self.model.weights["passages"]
        expected = evidence.expected(fitted, listed)
        ids, of = batch.cameras.ids, batch.cameras.of[pairs.found.number]
        for part in self._parts(pairs):
            rates = {"": expected}
            if self.memory is not None:
                first = self._first + int(pairs.found.number[part.start])
                rates = self.memory.sightings.passages(first, expected)
            here = of[part].tolist()
            traffic = {one: evidence.traffic(rates.get(ids[one], rates[""]), fitted) for one in set(here)}
            pairs.rows[part, AT["traffic"]] = [traffic[one] for one in here]

    def _count(self, pairs: ScoredPairs, batch: Batch, index: WatchlistIndex, at: datetime | None) -> None:
        """Count the reads that are exact hits. The rates of a block are those before it, so that they can be
        counted before any of the batch is weighed."""
        if self.memory is None:
            return
        for i in pairs.found.exact.nonzero()[0].tolist():
            read = batch.read(int(pairs.found.number[i]))
            entries = index.entries_of(int(pairs.found.slot[i]))
            if any(entry.matches_at(at or read.captured_at) for entry in entries):
                self.memory.sightings.exact(read.camera_id, self._first + int(pairs.found.number[i]))

    def _parts(self, pairs: ScoredPairs) -> Iterator[slice]:
        """The pairs in runs within which the rates of sightings stay as they are."""
        blocks = (self._first + pairs.found.number) // BLOCK_READS
        borders = (blocks[1:] != blocks[:-1]).nonzero()[0] + 1
        for begin, end in pairwise([0, *borders.tolist(), len(blocks)]):
            yield slice(begin, end)

    def _possible(self, pairs: ScoredPairs, batch: Batch, index: WatchlistIndex) -> Indices:
        """Which pairs must be looked at: those of reads that have an exact match, or of which any pair might
        be a match if all that is not known of it yet spoke for it."""
        found = pairs.found
        most = pairs.rows @ self._weights + pairs.above + SLACK
        open_ = (~found.exact & (most + self.ceiling.sighting >= self._floor)).nonzero()[0]
        room = most[open_] - self._floor
        room[self._may_be_sighted(pairs, open_)] += self.ceiling.sighting
        for i in (pairs.looks[open_] & (room >= 0)).nonzero()[0].tolist():
            room[i] -= self._below(pairs, int(open_[i]), batch, index)
        possible = found.exact.copy()
        possible[open_] = room >= 0
        looked_at = np.zeros(int(found.number[-1]) + 1, np.bool_)
        looked_at[found.number[possible]] = True
        kept: Indices = looked_at[found.number].nonzero()[0]
        return kept

    def _below(self, pairs: ScoredPairs, at: int, batch: Batch, index: WatchlistIndex) -> float:
        """How far below the best of looks those of one pair are, looked up once."""
        below = pairs.below.get(at)
        if below is None:
            vehicle = batch.columns.vehicle(int(pairs.found.number[at]))
            below = self.ceiling.lower(vehicle, index.entries_of(int(pairs.found.slot[at])))
            pairs.below[at] = below
        return below

    def _may_be_sighted(self, pairs: ScoredPairs, at: Indices) -> NDArray[np.bool_]:
        """Of which pairs the listed plate was surely seen, or may be before its turn comes, by another
        read of the batch that is near it."""
        if self.memory is None:
            return np.zeros(len(at), np.bool_)
        last = self.memory.sightings.last
        sighted = (last(pairs.listed[i]) is not None for i in at.tolist())
        return pairs.again[at] | np.fromiter(sighted, np.bool_, len(at))

    def _scored(
        self, pairs: ScoredPairs, wanted: Indices, batch: Batch, index: WatchlistIndex, at: datetime | None
    ) -> Iterator[Scored]:
        """These pairs with their rows of evidence, all but the sightings, once for each entry that is in
        force."""
        found, swapped = pairs.found.some(wanted), frozenset(pairs.texts.swapped.tolist())
        columns = (column.tolist() for column in (wanted, found.number, found.slot, found.exact))
        for i, number, slot, exact in zip(*columns, strict=True):
            read, listed, text = batch.read(number), pairs.listed[i], batch.texts[number]
            for entry in index.entries_of(slot):
                if entry.matches_at(at or read.captured_at):
                    row = pairs.rows[i].copy()
                    self._complete(row, read, text, listed, entry)
                    reader, is_swapped = pairs.readers[i], i in swapped
                    yield Scored(number, read, text, listed, entry, exact, row, reader, is_swapped)

    def _complete(self, row: Floats, read: Read, text: str, listed: str, entry: Entry) -> None:
        """Fill in the evidence that is looked up one by one."""
        terms = entry.terms
        shares = (self.model.makes, self.model.colours)
        evidence.vehicle_columns(row, read.vehicle, (terms.make, terms.colour), shares)
        if text == listed:
            return
        if read.candidates:
            texts = normalise_many([candidate.plate for candidate in read.candidates])
            evidence.other_readings_columns(row, read.candidates, texts, listed)
        if read.char_confidence:
            evidence.characters_column(row, read.char_confidence, text, listed)

    def _recall(self, scored: Scored, here: Place | None) -> Way | None:
        """Fill in the sightings: last, since the read just before may have been one. Gives the way from
        there to `here`, where the read was taken."""
        if self.memory is None:
            return None
        last, read = self.memory.sightings.last(scored.listed), scored.whole
        evidence.sighting_columns(scored.row, last, read.camera_id, read.captured_at)
        come = way(last, here, read.captured_at, self._rules)
        evidence.travel_columns(scored.row, come)
        return come

    def _weighed(self, group: list[Scored], places: Mapping[str, Place]) -> Iterator[Match]:
        """The matches of one read: its listed plates compete with one another and with all others."""
        read = group[0].whole
        here = read.place or places.get(read.camera_id)
        ways = [self._recall(scored, here) for scored in group]
        odds = [float(scored.row @ self._weights) for scored in group]
        for scored, come, value, rivals in zip(group, ways, odds, _rivals(group, odds), strict=True):
            probability = _probability(value - rivals)
            if scored.exact or probability >= self.borders.possible:
                if self.memory is not None and (scored.exact or probability >= SURE):
                    sighting = Sighting(read.camera_id, read.captured_at, here)
                    self.memory.sightings.note(scored.listed, sighting)
                yield self._made(scored, probability, -rivals, come)

    def _made(self, scored: Scored, probability: float, rivals: float, come: Way | None) -> Match:
        factors = explain.factors(scored.row, self._weights, rivals)
        return Match(
            entry=scored.entry,
            plate_read=scored.read,
            plate_listed=scored.entry.terms.plate or scored.listed,
            probability=probability,
            tier=self._tier(scored.exact, probability),
            reason=explain.sentence(scored, scored.whole, come),
            evidence=factors,
            model=self.model.version,
        )

    def _tier(self, exact: bool, probability: float) -> Tier:
        if exact:
            return Tier.EXACT
        return Tier.PROBABLE if probability >= self.borders.probable else Tier.POSSIBLE


def _rivals(group: Sequence[Scored], odds: Sequence[float]) -> list[float]:
    """What the other listed plates that a read may be, by their odds, take away from each of the group."""
    if len(group) == 1:
        return [0.0]
    plates: dict[str, float] = {}
    for scored, value in zip(group, odds, strict=True):
        plates[scored.listed] = max(plates.get(scored.listed, -math.inf), value)
    return [
        math.log1p(
            sum(math.exp(min(other, 50.0)) for listed, other in plates.items() if listed != own.listed)
        )
        for own in group
    ]


def _logit(probability: float) -> float:
    if probability <= 0:
        return -math.inf
    return math.log(probability / (1 - probability)) if probability < 1 else math.inf


def _probability(log_odds: float) -> float:
    return min(1 / (1 + math.exp(-max(min(log_odds, 50.0), -50.0))), SUREST)
