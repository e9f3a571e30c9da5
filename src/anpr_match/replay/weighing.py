"""The weights of the evidence, fitted to reads whose truth is known.

`learn` fits what cameras mistake for what, and that is all a new camera needs. The weights say how far
each kind of evidence is to be believed, anywhere; they want some thousand misreads of listed vehicles.
One list has a few hundred, so further lists are drawn from the vehicles whose truth is known.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from anpr_match.domain.watchlist import Entry
from anpr_match.matching import background, calibration
from anpr_match.matching.calibration import Labelled
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import FEATURES
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from anpr_match.matching.model import Model
from anpr_match.replay import evaluate, listed
from anpr_match.replay.evaluate import Truth
from anpr_match.replay.reads_file import Part, ReadsFile, ReadsList, reads_of
from anpr_match.replay.run import BATCH_READS, engines_of, memory_for
from anpr_match.replay.tables import refused

LONG_LISTS = 2
"""So many of the drawn lists come once more, made long."""
MISREAD_MIN = 100
"""Fewer misreads of listed vehicles than this would fit chance."""


@dataclass(frozen=True, slots=True)
class Week:
    """Files of reads with their truth and a list; `cameras` names engines."""

    reads: Path
    truth: Path
    watchlist: Path
    cameras: Path | None = None


@dataclass(frozen=True, slots=True)
class Draws:
    """Further lists: `lists` of them, of the vehicles in `plates` (comparable texts), as many on each as
    the week's own list has vehicles that pass. A drawn vehicle has no looks listed: what is known of
    them comes from these very reads, and would agree with them by force.

    With `long_entries` the first two of them come once more, made so long by plates that nobody has: on a
    short list hardly any false match shows how far the other readings of an engine, which name a plate's
    look-alikes whether it is read right or not, are to be believed."""

    lists: int = 0
    plates: Collection[str] = ()
    long_entries: int = 0
    seed: int = 1


def weigh(week: Week, model: Model, draws: Draws | None = None) -> Model:
    """The model with weights fitted to these reads against this list, and against lists drawn. Raises
    Refused when too few misreads of listed vehicles are among them."""
    known = evaluate.truth_of(week.reads, week.truth, week.watchlist)
    if len(known.misread) < MISREAD_MIN:
        detail = f"{len(known.misread)} misreads of listed vehicles; it takes {MISREAD_MIN}"
        raise refused(week.reads.name, "too_few_misreads", detail)
    passages = len(known.passages) / known.listed / known.reads
    weights = dict.fromkeys(FEATURES, 0.0) | {"passages": passages}
    bare = replace(model, weights=weights, _readers={})
    reads, engines = reads_of(week.reads), dict(engines_of(week.cameras))
    parts = [
        _labelled(bare, reads, WatchlistIndex.build(entries, revision=1), engines, known)
        for entries in _lists(listed.listed(week.watchlist).entries, known, draws or Draws(), model)
    ]
    rows, right, counts, with_readings = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    together = Labelled(rows, right, counts, with_readings, passages)
    return replace(model, weights=calibration.fitted(together), _readers={})


def _lists(entries: Sequence[Entry], known: Truth, draws: Draws, model: Model) -> Iterator[Sequence[Entry]]:
    """The list as it is, then those drawn: its entries under other plates; then two of those made long."""
    lists = [entries, *_drawn(entries, known, draws)]
    yield from lists
    if draws.long_entries:
        texts = background.drawn(model.own, draws.long_entries, draws.seed)
        real = {*known.true.values(), *(entry.terms.vrm for entry in entries)}
        strangers = [_under(entries[0], vrm) for vrm in dict.fromkeys(texts) if vrm not in real]
        yield from ([*short, *strangers] for short in lists[1 : 1 + LONG_LISTS])


def _drawn(entries: Sequence[Entry], known: Truth, draws: Draws) -> Iterator[Sequence[Entry]]:
    """The entries under the plates of other vehicles, list by list."""
    passing = {known.true[read_id] for read_id in known.passages}
    drawn_from = sorted(set(draws.plates) & set(known.true.values()))
    absent = [_under(entry, entry.terms.vrm or "") for entry in entries if entry.terms.vrm not in passing]
    for number in range(draws.lists):
        chosen = random.Random(draws.seed + number).sample(drawn_from, len(passing))
        renamed = [_under(entry, vrm) for entry, vrm in zip(entries, chosen, strict=False)]
        yield [*renamed, *absent]


def _under(entry: Entry, vrm: str) -> Entry:
    terms = replace(entry.terms, plate=vrm, vrm=vrm, make=None, colour=None)
    return replace(entry, entry_id=f"{entry.entry_id}-{vrm}", terms=terms)


def _labelled(
    model: Model, reads: ReadsFile | ReadsList, index: WatchlistIndex, engines: dict[str, str], known: Truth
) -> tuple[Floats, Floats, Floats, Floats]:
    """Every fuzzy candidate of the reads: its evidence, whether it is right, how much it counts, and
    whether its read came with other readings."""
    matcher = Matcher(model, memory=memory_for(known.reads))
    rows, right, with_readings = [], [], []
    for start in range(0, len(reads), BATCH_READS):
        part = Part(reads, start, min(start + BATCH_READS, len(reads)))
        for scored in matcher.labelled(part, index, engines):
            if not scored.exact:
                rows.append(scored.row)
                right.append(known.true.get(reads.read_id(start + scored.position)) == scored.listed)
                with_readings.append(part.with_readings[scored.position])
    labels = np.array(right, float)
    return np.array(rows), labels, np.ones(len(labels)), np.array(with_readings, float)
