"""Made-up plates are British, different, and the same at every run."""

import numpy as np
from rapidfuzz.distance import Levenshtein

from anpr_match.bench import plates
from anpr_match.matching import packing
from anpr_match.matching.grammar import Grammar


def test_fleet() -> None:
    """A fleet has as many different plates as asked for, all in a legal format."""
    fleet = plates.fleet(3_000, seed=3)
    assert len(set(fleet)) == 3_000
    assert Grammar(plates.AS_OF).british(packing.pack(fleet).words).all()


def test_seed() -> None:
    """One seed gives one fleet, another seed another."""
    assert plates.fleet(100, seed=3) == plates.fleet(100, seed=3)
    assert plates.fleet(100, seed=3) != plates.fleet(100, seed=4)


def test_misread() -> None:
    """A misread plate is at most one edit away."""
    random = np.random.default_rng(1)
    for plate in plates.fleet(200, seed=3):
        assert Levenshtein.distance(plate, plates.misread(random, plate)) <= 1


def test_stream() -> None:
    """A stream is the reads given with about the share of misread listed plates asked for."""
    reads = ["AB01CDE"] * 2_000
    stream = plates.stream(reads, ["XX00XXX"], share=0.1, seed=1)
    changed = [read for read in stream if read != "AB01CDE"]
    assert len(stream) == len(reads)
    assert 100 < len(changed) < 300
    assert all(Levenshtein.distance(read, "XX00XXX") <= 1 for read in changed)
