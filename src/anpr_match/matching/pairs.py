"""The pairs of a batch that are worth scoring, each with what the texts alone say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.domain.read import Read
from anpr_match.matching import candidates, evidence, scoring
from anpr_match.matching.candidates import Batch, Candidates
from anpr_match.matching.channel import Floats, Ints
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.model import Model, Reader


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """The candidates of a batch, all (n): the whole reads, the listed plates, which of the `readers`
    each came through, and the rows of evidence with prior, text and seen-before filled in."""

    found: Candidates
    reads: Sequence[Read]
    listed: Sequence[str]
    readers: Sequence[Reader]
    which: Ints
    rows: Floats


def score(model: Model, batch: Batch, index: WatchlistIndex, engines: Mapping[str, str]) -> ScoredPairs:
    """The pairs of a batch with their rows."""
    found = candidates.find(batch, index)
    if not len(found.number):
        return ScoredPairs(found, (), (), (), found.number, np.empty((0, len(evidence.FEATURES))))
    reads = [batch.read(number) for number in found.number.tolist()]
    readers, which = _readers(model, batch, found, engines)
    read, listed = candidates.codes(found, batch, index)
    texts = scoring.Texts(
        read=read,
        listed=listed,
        readers=readers,
        which=which,
        confidence=np.array([np.nan if read.confidence is None else read.confidence for read in reads]),
        sources=batch.sources[found.number].astype(np.int64),
    )
    rows = scoring.rows(model, texts)
    return ScoredPairs(found, reads, index.vrms_of(found.slot), readers, which, rows)


def _readers(
    model: Model, batch: Batch, found: Candidates, engines: Mapping[str, str]
) -> tuple[list[Reader], Ints]:
    """The distinct readers, and which of them each pair came through."""
    cameras, which = np.unique(batch.cameras.of[found.number], return_inverse=True)
    ids = [batch.cameras.ids[camera] for camera in cameras.tolist()]
    of_cameras = [model.reader(camera_id, engines.get(camera_id)) for camera_id in ids]
    distinct = {id(reader): reader for reader in of_cameras}
    numbers = {key: number for number, key in enumerate(distinct)}
    return list(distinct.values()), np.array([numbers[id(reader)] for reader in of_cameras])[which]
