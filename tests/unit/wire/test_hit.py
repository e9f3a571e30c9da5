"""A hit as it is told outside."""

import json
from dataclasses import replace

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.handling import unknown
from anpr_match.domain.hit import Sighting
from anpr_match.domain.watchlist import Entry, State
from anpr_match.wire import hit as wire_hit
from tests.contract.makers import some_hit, some_terms


@pytest.mark.parametrize(("probability", "told"), [(0.999999, 0.9999), (1.0, 0.9999), (0.51234, 0.5123)])
def test_no_hit_is_told_as_certain(probability: float, told: float) -> None:
    """A probability is rounded, but never up to certainty."""
    entry = Entry("e1", 1, some_terms("AB01CDE"), State.ACTIVE, START, "a", START, "a")
    hit = some_hit(entry, "r1")
    hit = replace(hit, match=replace(hit.match, probability=probability))
    body = json.loads(wire_hit.render(hit, 1, Sighting("s1", 1), [], unknown(1, START)))
    assert body["probability"] == told
