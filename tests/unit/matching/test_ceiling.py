"""What is dropped before it is looked at could not have become a match."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.domain.routing import Place
from anpr_match.domain.watchlist import Entry
from anpr_match.matching import evidence, model
from anpr_match.matching.batch import Said, said_of
from anpr_match.matching.ceiling import Ceiling
from anpr_match.matching.channel import Floats
from anpr_match.matching.evidence import FEATURES
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher, Memory
from anpr_match.matching.model import Model
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.sightings import Sighting
from anpr_match.matching.travel import way
from tests.unit.matching.voi import a_voi

START = datetime(2026, 1, 5, tzinfo=UTC)
SHIPPED = model.default()
MAKES, COLOURS = (None, "ford", "Subaru", "rare"), (None, "red", "Silver", "rare")
LETTERS = "AB8DE0O"

shares = st.floats(0.01, 1.0)
readings = st.lists(st.tuples(st.sampled_from(["AB01CDE", "AB01CDF"]), st.none() | shares), max_size=3)
looks = st.none() | st.builds(Vehicle, make=st.sampled_from(MAKES), colour=st.sampled_from(COLOURS))


class Boundless(Ceiling):
    """Nothing is dropped."""

    def above(self, said: Said) -> Floats:
        return np.full(len(said.looks), np.inf)


@given(
    looks,
    readings,
    st.lists(shares, min_size=7, max_size=7) | st.just([]),
    st.sampled_from(MAKES),
    st.none() | st.integers(-90_000, 90_000),
    st.floats(-8, 8),
    st.lists(st.floats(-3, 3), min_size=len(FEATURES), max_size=len(FEATURES)),
)
def test_no_evidence_adds_more_than_the_ceiling(
    vehicle: Vehicle | None,
    others: list[tuple[str, float | None]],
    sure: list[float],
    make: str | None,
    sighted_s: int | None,
    north: float,
    weights: list[float],
) -> None:
    """Whatever the weights, what looks, readings, characters and sightings add stays below the bound, also
    when it is lowered to the looks of the entry."""
    drawn = replace(SHIPPED, weights=dict(zip(FEATURES, weights, strict=True)) | {"passages": 1e-7})
    offered = tuple(Candidate(text, share) for text, share in others)
    read = Read("C1", START, "AB01CDX", vehicle=vehicle, candidates=offered, char_confidence=tuple(sure))
    row = np.zeros(len(FEATURES))
    evidence.vehicle_columns(row, vehicle, (make, "Silver"), (drawn.makes, drawn.colours))
    evidence.other_readings_columns(row, offered, [text for text, _ in others], "AB01CDE")
    evidence.characters_column(row, sure, "AB01CDX", "AB01CDE")
    if sighted_s is not None:
        last = Sighting("C1", START + timedelta(seconds=sighted_s), Place(51.5 + north, 0.0))
        evidence.sighting_columns(row, last, "C1", START)
        evidence.travel_columns(row, way(last, Place(51.5, 0.0), START))
    ceiling = Ceiling(drawn)
    bound = ceiling.above(said_of([read]))[0] + (ceiling.sighting if sighted_s is not None else 0.0)
    if vehicle is not None:
        other, own = a_voi("e-1", "AB01CDE"), a_voi("e-2", "AB01CDE", make=make, colour="Silver")
        assert ceiling.lower(vehicle, [own, other]) <= ceiling.lower(vehicle, [own])
        bound -= ceiling.lower(vehicle, [own])
    assert float(row @ evidence.vector(drawn.weights)) <= bound + 1e-9


def some_reads(chance: random.Random, listed: list[str]) -> list[Read]:
    """Reads of listed and other plates, rightly and wrongly read, with and without more evidence."""
    reads = []
    for number in range(600):
        plate = chance.choice(listed)
        if chance.random() < 0.9:
            place = chance.randrange(7)
            plate = plate[:place] + chance.choice(LETTERS) + plate[place + 1 :]
        offered = (Candidate(plate, 0.5), Candidate(chance.choice(listed), 0.3))
        reads.append(
            Read(
                f"CAM{chance.randrange(3)}",
                START + timedelta(seconds=30 * number),
                plate,
                read_id=str(number),
                vehicle=chance.choice([None, Vehicle(make=chance.choice(MAKES), colour="Silver")]),
                candidates=offered if chance.random() < 0.2 else (),
            )
        )
    return reads


@pytest.mark.parametrize("possible", [0.001, 0.05, 0.5])
def test_matches_are_the_same_without_the_ceiling(possible: float) -> None:
    """The ceiling saves work and changes no match and no probability."""
    chance = random.Random(3)
    listed = ["".join([*chance.choices("ABDE", k=2), "01", *chance.choices("ABDE", k=3)]) for _ in range(30)]
    entries = [a_voi(f"e-{plate}", plate, make="Subaru") for plate in sorted(set(listed))]
    reads = some_reads(chance, listed)

    found = [_matched(SHIPPED, kind, entries, reads, possible) for kind in (Ceiling, Boundless)]
    assert found[0]
    assert found[0] == found[1]


def _matched(
    shipped: Model, kind: type[Ceiling], entries: list[Entry], reads: list[Read], possible: float
) -> list[tuple[int, str, float]]:
    matcher = Matcher(shipped, Borders(possible=possible), Memory(SeenBefore(b"k" * 16)))
    matcher.ceiling = kind(shipped)
    index = WatchlistIndex.build(entries, 1)
    return [
        (begin + place, match.entry.entry_id, match.probability)
        for begin in range(0, len(reads), 200)
        for place, match in matcher.match(reads[begin : begin + 200], index, START, {})
    ]
