"""Invented plates."""

import random

import pytest

from anpr_match.simulate import plates

NEVER_ISSUED = {"00", "01", "50"}


@pytest.mark.parametrize("ages", [plates.LISTED_AGES, plates.TRAFFIC_AGES])
def test_a_mark_cannot_have_been_issued(ages: tuple[str, ...]) -> None:
    """Every mark has an age identifier that was never issued, and no letter that marks leave out."""
    chance = random.Random(1)
    for _ in range(500):
        made = plates.mark(chance, ages)
        assert made[2:4] in NEVER_ISSUED
        assert not set(made[:2]) & set("IQZ")
        assert not set(made[-3:]) & set("IQ")


def test_a_mark_holds_the_letter_asked_for() -> None:
    """The story can ask for the letter that its misreading needs."""
    assert plates.mark(random.Random(1), plates.LISTED_AGES, "B")[-2] == "B"


def test_traffic_is_never_a_listed_plate() -> None:
    """Traffic and listed vehicles have different age identifiers."""
    assert not set(plates.LISTED_AGES) & set(plates.TRAFFIC_AGES)
