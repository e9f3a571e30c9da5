"""Reads and an index of the watchlist in, scored matches out: the same input gives the same output.

Exact matches of the text are always reported. Fuzzy candidates pass a gate first (a text that two
cameras or days have seen is another vehicle's plate), then a floor on what the texts alone say, and
only the few that are left are weighed with everything else that is known.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import numpy as np

from anpr_match.domain.hit import Match, Tier
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import candidates, evidence, explain, packing, partial, scoring, seen
from anpr_match.matching.batch import Cameras, Columns, Whole, cameras
from anpr_match.matching.candidates import Batch, Candidate
from anpr_match.matching.channel import LENGTH_MAX, Floats
from anpr_match.matching.evidence import AT
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model, Reader
from anpr_match.matching.normalise import normalise_many
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.sightings import RecentSightings, Sighting

SURE = 0.9
"""A fuzzy match at least this probable counts as a sighting of the listed vehicle."""


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
    """One read against one entry: the row of evidence, and whether the read's text is the entry's."""

    position: int
    read: str
    listed: str
    entry: Entry
    exact: bool
    row: Floats
    reader: Reader


class Matcher:
    """Finds the entries that a read may be, and says how sure that is and why.

    Not for use by two threads at once when it has a memory.
    """

    def __init__(self, model: Model, borders: Borders | None = None, memory: Memory | None = None) -> None:
        self.model = model
        self.borders = borders or Borders()
        self.memory = memory
        self._weights = evidence.vector(model.weights)
        self._floor = _logit(self.borders.possible)
        self._first = 0

    def match(
        self,
        reads: Sequence[Read] | Columns,
        index: WatchlistIndex,
        at: datetime | None,
        engines: Mapping[str, str],
    ) -> list[tuple[int, Match]]:
        """Every match of these reads, as (position in `reads`, match), by position.

        An entry matches only when it is in force `at` that time; with None, when each read was
        captured. `engines` names the engine of each camera as far as it is known. With a memory, reads
        are best given in the order of capture.
        """
        columns = Whole(reads) if isinstance(reads, Sequence) else reads
        batch = self._begun(columns, index)
        result: list[tuple[int, Match]] = []
        found = self.scored(batch, index, at, engines, self._floor - self._ceiling())
        for position, group in groupby(found, key=lambda scored: scored.position):
            result.extend((position, match) for match in self._weighed(columns.read(position), list(group)))
        result.extend(partial.matches(self.model, batch, index, at))
        result.sort(key=lambda found: found[0])
        return result

    def labelled(
        self, columns: Columns, index: WatchlistIndex, engines: Mapping[str, str]
    ) -> Iterator[Scored]:
        """Every candidate of these reads with its evidence, however unlikely, for fitting weights. An
        exact one counts as a sighting."""
        batch = self._begun(columns, index)
        for scored in self.scored(batch, index, None, engines, -math.inf):
            read = columns.read(scored.position)
            self._recall(scored, read)
            if scored.exact and self.memory is not None:
                self.memory.sightings.note(scored.listed, Sighting(read.camera_id, read.captured_at))
                self.memory.sightings.exact(read.camera_id, self._first + scored.position)
            yield scored

    def _begun(self, columns: Columns, index: WatchlistIndex) -> Batch:
        batch_cameras = cameras(columns.camera_ids)
        if self.memory is not None:
            self._first = self.memory.sightings.begin(batch_cameras, len(index))
        return self._batch(columns, batch_cameras)

    def scored(
        self,
        batch: Batch,
        index: WatchlistIndex,
        at: datetime | None,
        engines: Mapping[str, str],
        floor: float,
    ) -> Iterator[Scored]:
        """Candidates in order of position, with their rows of evidence, all but the sightings. Fuzzy
        ones below `floor` (log-odds of the texts alone) are left out."""
        pairs = candidates.find(batch, index) if batch.texts else []
        if not pairs:
            return
        readers = self._readers(batch, pairs, engines)
        rows = self._rows(batch, pairs, readers)
        kept = (rows @ self._weights >= floor).tolist()
        for i, pair in enumerate(pairs):
            if not (kept[i] or pair.exact):
                continue
            read = batch.read(pair.number)
            for entry in index.entries_of(pair.slot):
                if entry.matches_at(at or read.captured_at):
                    row = rows[i].copy()
                    position, text = int(batch.position[pair.number]), batch.texts[pair.number]
                    self._complete(row, read, text, pair.listed, entry)
                    yield Scored(position, text, pair.listed, entry, pair.exact, row, readers[read.camera_id])

    def _batch(self, columns: Columns, batch_cameras: Cameras) -> Batch:
        vrms = normalise_many(columns.plates)
        position = np.arange(len(vrms))
        texts = [vrm for vrm in vrms if vrm]
        if len(texts) < len(vrms):
            position = np.array([i for i, vrm in enumerate(vrms) if vrm], np.intp)
        packed = packing.pack(texts)
        if self.memory is None:
            return Batch(columns, position, texts, packed, np.zeros(len(texts), np.uint8))
        days = columns.days
        sources = seen.sources(batch_cameras, days)[position]
        before = self.memory.seen.observe(packed.words, sources, days[position].astype(np.uint16))
        return Batch(columns, position, texts, packed, before)

    def _readers(self, batch: Batch, pairs: list[Candidate], engines: Mapping[str, str]) -> dict[str, Reader]:
        ids = {batch.read(pair.number).camera_id for pair in pairs}
        return {camera_id: self.model.reader(camera_id, engines.get(camera_id)) for camera_id in ids}

    def _rows(self, batch: Batch, pairs: list[Candidate], readers: Mapping[str, Reader]) -> Floats:
        """Rows with prior, text and seen-before. Texts too long to align are exact: their beginnings
        stand for them."""
        reads = [batch.read(pair.number) for pair in pairs]
        texts = scoring.Texts(
            read=[batch.texts[pair.number][:LENGTH_MAX] for pair in pairs],
            listed=[pair.listed[:LENGTH_MAX] for pair in pairs],
            readers=[readers[read.camera_id] for read in reads],
            confidence=np.array([np.nan if r.confidence is None else r.confidence for r in reads]),
            sources=batch.sources[[pair.number for pair in pairs]].astype(np.int64),
        )
        return scoring.rows(self.model, texts)

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

    def _recall(self, scored: Scored, read: Read) -> None:
        """Fill in the sightings: last, since the read just before may have been one."""
        if self.memory is not None:
            last = self.memory.sightings.last(scored.listed)
            evidence.sighting_columns(scored.row, last, read.camera_id, read.captured_at)
            assumed = self.model.weights["passages"]
            rates = self.memory.sightings.passages(self._first + scored.position, assumed)
            scored.row[AT["traffic"]] = evidence.traffic(rates.get(read.camera_id, rates[""]), assumed)

    def _weighed(self, read: Read, group: list[Scored]) -> Iterator[Match]:
        """The matches of one read: its listed plates compete with one another and with all others."""
        for scored in group:
            self._recall(scored, read)
        if self.memory is not None and any(scored.exact for scored in group):
            self.memory.sightings.exact(read.camera_id, self._first + group[0].position)
        odds = [float(scored.row @ self._weights) for scored in group]
        plates: dict[str, float] = {}
        for scored, value in zip(group, odds, strict=True):
            plates[scored.listed] = max(plates.get(scored.listed, -math.inf), value)
        for scored, value in zip(group, odds, strict=True):
            rivals = [other for listed, other in plates.items() if listed != scored.listed]
            against = math.log1p(sum(math.exp(min(other, 50.0)) for other in rivals))
            probability = _probability(value - against)
            if scored.exact or probability >= self.borders.possible:
                if self.memory is not None and (scored.exact or probability >= SURE):
                    sighting = Sighting(read.camera_id, read.captured_at)
                    self.memory.sightings.note(scored.listed, sighting)
                yield self._made(scored, read, probability, -against)

    def _made(self, scored: Scored, read: Read, probability: float, rivals: float) -> Match:
        factors = explain.factors(scored.row, self._weights, rivals)
        return Match(
            entry=scored.entry,
            plate_read=scored.read,
            plate_listed=scored.entry.terms.plate or scored.listed,
            probability=probability,
            tier=self._tier(scored.exact, probability),
            reason=explain.sentence(scored, read),
            evidence=factors,
            model=self.model.version,
        )

    def _tier(self, exact: bool, probability: float) -> Tier:
        if exact:
            return Tier.EXACT
        return Tier.PROBABLE if probability >= self.borders.probable else Tier.POSSIBLE

    def _ceiling(self) -> float:
        """The most that evidence other than the texts can add."""
        positive = np.maximum(self._weights, 0)
        once = positive[[AT[name] for name in evidence.SIGHTING]].sum()
        named = positive[[AT["reading_named"], AT["reading_second"]]].sum()
        looks = (positive[AT["make"]] + positive[AT["colour"]]) * math.log(1 / evidence.UNKNOWN_SHARE)
        characters = positive[AT["characters"]] * evidence.CHARACTERS_MAX
        return float(once + named + looks + characters + positive[AT["traffic"]] * evidence.TRAFFIC_MAX)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(log_odds, 50.0), -50.0)))
