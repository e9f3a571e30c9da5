"""The pairs of a batch that are worth scoring, each with what the texts alone say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.domain.read import Read
from anpr_match.matching import candidates, evidence, scoring
from anpr_match.matching.candidates import Batch, Candidates
from anpr_match.matching.channel import Floats
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model, Reader
from anpr_match.matching.packing import Indices
from anpr_match.matching.readers import Known


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """The candidates of a batch, all (n): the whole reads, what read each, the listed plates, and the
    rows of evidence with prior, text and seen-before filled in."""

    found: Candidates
    reads: Sequence[Read]
    readers: Sequence[Reader]
    listed: Sequence[str]
    rows: Floats


def score(
    model: Model, known: Known, batch: Batch, index: WatchlistIndex, engines: Mapping[str, str]
) -> ScoredPairs:
    """The pairs of a batch with their rows; `known` are the readers of the model."""
    found = candidates.find(batch, index)
    if not len(found.number):
        return ScoredPairs(found, (), (), (), np.empty((0, len(evidence.FEATURES))))
    numbers, with_ = _grouped(found.number)
    reads = [batch.read(number) for number in numbers.tolist()]
    readers, which = known.of(batch.cameras, engines, numbers)
    texts = scoring.Texts(
        read=candidates.codes_of_reads(numbers, batch),
        readers=readers,
        which=which,
        confidence=np.array([np.nan if read.confidence is None else read.confidence for read in reads]),
        sources=batch.sources[numbers],
        listed=candidates.codes_of_slots(found.slot, index),
        with_=with_,
    )
    rows = scoring.rows(model, texts)
    each = with_.tolist()
    own = [readers.readers[number] for number in which.tolist()]
    return ScoredPairs(
        found, [reads[i] for i in each], [own[i] for i in each], index.vrms_of(found.slot), rows
    )


def _grouped(ordered: Indices) -> tuple[Indices, Indices]:
    """The distinct ones of these numbers, which are in order, and which of them each one is."""
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new], new.cumsum() - 1
