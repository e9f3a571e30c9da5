"""What an index must find, found the slow and certain way."""

from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from anpr_match.domain.watchlist import Entry
from anpr_match.matching.index import Pairs, WatchlistIndex
from anpr_match.matching.lookalikes import FOLD

Hit = tuple[int, str, frozenset[str]]
"""Position of the read, plate found, ids of the entries under it."""

SHORT = 5
LANES = 10
ALIGNED = 12


def folded(text: str) -> str:
    return text.encode().translate(FOLD).decode()


def by_plate(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.terms.vrm:
            found.setdefault(entry.terms.vrm, set()).add(entry.entry_id)
    return {vrm: frozenset(ids) for vrm, ids in found.items()}


def near(reads: Sequence[str], entries: Iterable[Entry]) -> set[Hit]:
    """Pairs within one edit; short plates equal only."""
    plates = by_plate(entries)
    listed = list(plates)
    pairs = _pairs(reads, listed, edits=1)
    kept = {(i, listed[j]) for i, j in pairs if len(listed[j]) >= SHORT or reads[i] == listed[j]}
    return {(i, vrm, plates[vrm]) for i, vrm in kept}


def wide(reads: Sequence[str], entries: Iterable[Entry]) -> set[Hit]:
    """Pairs within two edits of their folded texts; of long plates within one of the plain ones."""
    plates = by_plate(entries)
    listed = list(plates)
    pairs = _pairs([folded(read) for read in reads], [folded(vrm) for vrm in listed], edits=2)
    found = near(reads, entries)
    for i, j in pairs:
        vrm = listed[j]
        if SHORT <= len(vrm) <= LANES and len(reads[i]) <= LANES:
            found.add((i, vrm, plates[vrm]))
    return found


def swapped(reads: Sequence[str], entries: Iterable[Entry]) -> set[Hit]:
    """Pairs that one swap of two neighbours makes equal, and no one edit does; short plates never, nor
    any too long to align."""
    return {
        (i, vrm, ids)
        for vrm, ids in by_plate(entries).items()
        for i, read in enumerate(reads)
        if SHORT <= len(vrm) <= ALIGNED
        if OSA.distance(read, vrm) == 1 < Levenshtein.distance(read, vrm)
    }


def _pairs(reads: Sequence[str], listed: Sequence[str], edits: int) -> Iterable[tuple[int, int]]:
    if not reads or not listed:
        return []
    distances = process.cdist(reads, listed, scorer=Levenshtein.distance, score_cutoff=edits, dtype=np.uint8)
    return [(int(i), int(j)) for i, j in np.argwhere(distances <= edits)]


def found(index: WatchlistIndex, pairs: Pairs) -> set[Hit]:
    """The index's pairs in the same form; no pair may come twice."""
    hits = [
        (read, index.vrm_of(slot), frozenset(entry.entry_id for entry in index.entries_of(slot)))
        for read, slot in zip(pairs.read.tolist(), pairs.slot.tolist(), strict=True)
    ]
    assert len(hits) == len(set(hits))
    return set(hits)
