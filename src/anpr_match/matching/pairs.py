"""The pairs of a batch that are worth scoring, each with what the texts alone say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching import candidates, scoring, typed, unissued
from anpr_match.matching.anyone import Anyone
from anpr_match.matching.candidates import Batch, Candidates
from anpr_match.matching.ceiling import Ceiling
from anpr_match.matching.channel import Floats
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model, Reader
from anpr_match.matching.packing import Indices
from anpr_match.matching.readers import Known


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """The candidates of a batch, all (n): what read each, the listed plates, and the rows of evidence with
    prior, text and seen-before filled in. `texts` and `others` are what the rows were made of; `above` is the
    most that what came with the reads can add, and `looks` whether looks did; `again` says whose listed plate
    is near to other reads too; `settled` says of which pairs nothing is left to sharpen, and `below` how far
    the looks of those that were looked at are below the best (see ceiling), by place."""

    found: Candidates
    above: Floats
    looks: NDArray[np.bool_]
    readers: Sequence[Reader]
    listed: Sequence[str]
    rows: Floats
    texts: scoring.Texts
    others: scoring.Others
    again: NDArray[np.bool_]
    settled: NDArray[np.bool_]
    below: dict[int, float]

    def sharpen(self, anyone: Anyone, at: Indices) -> bool:
        """Settle what the text says of the pairs at these places (see scoring); whether there was any to
        settle."""
        left = at[~self.settled[at]]
        if len(left):
            scoring.sharpen(anyone, self.texts, self.others, self.rows, left)
            self.settled[left] = True
        return len(left) > 0


def score(
    model: Model,
    known: Known,
    ceiling: Ceiling,
    batch: Batch,
    index: WatchlistIndex,
    engines: Mapping[str, str],
) -> ScoredPairs | None:
    """The pairs of a batch with their rows, if there are any; `known` are the readers of the model, and
    `ceiling` its bounds."""
    by_hand = typed.reads(batch.cameras, engines)
    found = candidates.find(batch, index, by_hand)
    if not len(found.number):
        return None
    numbers, with_ = _grouped(found.number)
    said = batch.columns.said(numbers)
    readers, which = known.of(batch.cameras, engines, numbers)
    vrms = index.vrms_of(found.slot)
    read, listed = candidates.codes_of_reads(numbers, batch), candidates.codes_of_slots(found.slot, index)
    texts = scoring.Texts(
        read=read,
        readers=readers,
        which=which,
        confidence=said.confidence,
        sources=batch.sources[numbers],
        listed=listed,
        with_=with_,
        swapped=typed.swapped(by_hand, found.number, batch.texts, vrms),
        log_shares=unissued.log_shares(read, said.days, listed, with_),
    )
    rows, others = scoring.rows(model, texts)
    return ScoredPairs(
        found=found,
        above=ceiling.above(said)[with_],
        looks=said.looks[with_],
        readers=[readers.readers[number] for number in which[with_].tolist()],
        listed=vrms,
        rows=rows,
        texts=texts,
        others=others,
        again=_repeated(found.slot),
        settled=found.exact.copy(),
        below={},
    )


def _grouped(ordered: Indices) -> tuple[Indices, Indices]:
    """The distinct ones of these numbers, which are in order, and which of them each one is."""
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new], new.cumsum() - 1


def _repeated(numbers: Indices) -> NDArray[np.bool_]:
    """Which of these numbers stand there more than once."""
    order = numbers.argsort()
    ordered, repeated = numbers[order], np.zeros(len(numbers), np.bool_)
    same = (ordered[1:] == ordered[:-1]).nonzero()[0]
    repeated[order[same]] = repeated[order[same + 1]] = True
    return repeated
