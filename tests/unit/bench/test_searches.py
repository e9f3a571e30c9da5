"""The peers of the bench do the same work as ours: every listed plate within one edit, and no other."""

from collections.abc import Callable

import pytest

from anpr_match.bench import plates, searches
from anpr_match.bench.searches import Case, Search

LISTED = ["AB01CDE", "AB01CDF", "AB01CD", "GH01JKL", "1ABC23"]
READS_AND_PAIRS = {
    "AB01CDE": 3,
    "AB01CDX": 3,
    "AB01CXX": 0,
    "BA01CDE": 0,
    "GH01JKLM": 1,
    "H01JKL": 1,
    "ZZ99ZZZ": 0,
}


@pytest.mark.parametrize(
    "made", [searches.ours_candidates, searches.rapidfuzz_extract, searches.rapidfuzz_cdist]
)
def test_each_finds_every_tie_and_nothing_further(made: Callable[[Case], Search]) -> None:
    """Ties are all found, two edits are too many, and a cut-off distance is not taken for one."""
    search = made(Case(LISTED, [searches.entry(i, plate) for i, plate in enumerate(LISTED)], ()))
    for read, pairs in READS_AND_PAIRS.items():
        assert search([read]) == pairs, read
    assert search(list(READS_AND_PAIRS)) == sum(READS_AND_PAIRS.values())


def test_on_a_fleet_all_find_as_many() -> None:
    """Also on drawn plates, where hundreds of reads have neighbours."""
    fleet = [plate for plate in plates.fleet(3_000, 5) if len(plate) >= 5]
    case = Case(fleet, [searches.entry(i, plate) for i, plate in enumerate(fleet)], ())
    reads = plates.stream(fleet[:400], fleet, 0.5, 5)
    reads = [read for read in reads if len(read) >= 5]
    found = {
        made(case)(reads)
        for made in (searches.ours_candidates, searches.rapidfuzz_extract, searches.rapidfuzz_cdist)
    }
    assert len(found) == 1
    assert found.pop() > len(reads) / 2
