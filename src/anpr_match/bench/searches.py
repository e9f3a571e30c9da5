"""Ways to find the listed plates near a batch of reads: ours, and the peers beside it.

Each takes the list and gives back a search: a batch of reads in, the number of pairs out. Peers are
imported where they are made, since they come with the extra `[bench]` only.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from anpr_match.bench import machine, passing
from anpr_match.domain.read import Candidate, Read
from anpr_match.domain.watchlist import Change, Entry, State, Terms
from anpr_match.matching import model
from anpr_match.matching.batch import Cameras, Said
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from anpr_match.matching.texts import Texts, texts_of

Search = Callable[[Sequence[str]], int]
AT = datetime(2026, 11, 22, tzinfo=UTC)
_BUILDS = 4
_UNTIL = datetime(2027, 11, 22, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """A list, as plates and as entries, and the plates of all vehicles that pass."""

    plates: Sequence[str]
    entries: Sequence[Entry]
    passing: Sequence[str]


def entry(number: int, plate: str) -> Entry:
    terms = Terms("herts", "bench", "bench", _UNTIL, _UNTIL, plate=plate, vrm=plate)
    return Entry(f"bench-{number}", 1, terms, State.ACTIVE, AT, "bench", AT, "bench")


@dataclass(frozen=True, slots=True)
class _Texts:
    """Reads of one camera on one day by column, for the matcher."""

    plates: Sequence[str]

    @property
    def texts(self) -> Texts:
        return texts_of(self.plates)

    @property
    def cameras(self) -> Cameras:
        return Cameras(["bench"], np.zeros(len(self.plates), np.intp))

    @property
    def days(self) -> NDArray[np.int64]:
        return np.full(len(self.plates), AT.toordinal(), np.int64)

    @property
    def with_readings(self) -> NDArray[np.bool_]:
        return np.zeros(len(self.plates), np.bool_)

    def said(self, positions: NDArray[np.intp]) -> Said:
        none = np.zeros(len(positions), np.bool_)
        return Said(np.full(len(positions), np.nan), none, none, none, np.full(len(none), AT.toordinal()))

    def read(self, position: int) -> Read:
        return Read("bench", AT, self.plates[position], read_id=str(position))

    def vehicle(self, _position: int) -> None:
        return None

    def other_readings(self, _position: int) -> Sequence[Candidate]:
        return ()


class Ours:
    """The matcher against an index of the list, with what the index took to build: the first time, and at
    best, since a process that starts must first be given its memory by the system."""

    def __init__(self, case: Case, matcher: Matcher) -> None:
        resident = machine.resident_bytes()
        self._index, *first = _built(case)
        self.index_bytes = machine.resident_bytes() - resident
        self.build_first_s = first[0]
        again = [_built(case)[1:] for _ in range(_BUILDS - 1)]
        self.build_s, self.build_cpu_s = map(min, zip(first, *again, strict=True))
        self._matcher = matcher
        self.memory_bytes = matcher.memory.seen.nbytes if matcher.memory else 0

    def __call__(self, reads: Sequence[str]) -> int:
        return len(self._matcher.match(_Texts(reads), self._index, AT, {}))

    def edited(self, number: int) -> bool:
        """One more entry on the list; whether a read of its plate is a match now."""
        plate = f"ZZ50{number:03d}"
        self._index = self._index.amended([Change(number + 2, entry(-number, plate))])
        return self([plate]) > 0


def _built(case: Case) -> tuple[WatchlistIndex, float, float]:
    """An index of the list, and the seconds that it took, by the clock and of the processor."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    index = WatchlistIndex.build(case.entries, revision=1)
    return index, time.perf_counter() - began_s, time.process_time() - began_cpu_s


def ours(case: Case) -> Search:
    """Texts in, probability out, with a memory that has seen the passing vehicles rightly read before."""
    return Ours(case, Matcher(model.default(), memory=passing.met(case.passing, AT)))


def ours_without_memory(case: Case) -> Search:
    """Texts in, probability out, each read as if its plate had never been seen."""
    return Ours(case, Matcher(model.default()))


def ours_candidates(case: Case) -> Search:
    """Texts in, every pair within one edit out, without a score."""
    index = WatchlistIndex.build(case.entries, revision=1)

    def search(reads: Sequence[str]) -> int:
        texts, packed = texts_of(reads)
        return len(index.find(texts, packed).read)

    return search


def rapidfuzz_extract(case: Case) -> Search:
    """A look at every plate for every read."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    def search(reads: Sequence[str]) -> int:
        return sum(
            len(process.extract(read, case.plates, scorer=Levenshtein.distance, score_cutoff=1, limit=None))
            for read in reads
        )

    return search


def rapidfuzz_cdist(case: Case) -> Search:
    """A look at every plate for every read, whole batches in compiled code."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    def search(reads: Sequence[str]) -> int:
        distances = process.cdist(
            reads, case.plates, scorer=Levenshtein.distance, score_cutoff=1, dtype=np.uint8
        )
        return int(np.count_nonzero(distances <= 1))

    return search


def symspellpy(case: Case) -> Search:
    """A deletion index in a dictionary of strings."""
    from symspellpy import SymSpell, Verbosity

    words = SymSpell(max_dictionary_edit_distance=1, prefix_length=8)
    for plate in case.plates:
        words.create_dictionary_entry(plate, 1)

    def search(reads: Sequence[str]) -> int:
        return sum(len(words.lookup(read, Verbosity.ALL, max_edit_distance=1)) for read in reads)

    return search


def tantivy(case: Case) -> Search:
    """A Levenshtein automaton against a compressed trie, in Rust."""
    import tantivy as engine

    builder = engine.SchemaBuilder()
    builder.add_text_field("plate", stored=False, tokenizer_name="raw", index_option="basic")
    schema = builder.build()
    index = engine.Index(schema)
    writer = index.writer(200_000_000, 1)
    for plate in case.plates:
        writer.add_document(engine.Document(plate=plate))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(reads: Sequence[str]) -> int:
        found = 0
        for read in reads:
            query = engine.Query.fuzzy_term_query(
                schema, "plate", read, distance=1, transposition_cost_one=False
            )
            found += len(searcher.search(query, 64).hits)
        return found

    return search
