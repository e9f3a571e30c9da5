"""The breaker: a trickle passes, a flood is held, and there is a way out."""

import random

import pytest

from anpr_match.pipeline.breaker import Breaker, Limits


def passed(breaker: Breaker, marks: str) -> str:
    """What of these records (`.` good, `x` bad) passes before the breaker stops."""
    for place, mark in enumerate(marks):
        if mark == ".":
            breaker.good(1)
        elif not breaker.bad():
            return marks[:place]
    return marks


def test_nineteen_in_a_row_pass_and_the_twentieth_does_not() -> None:
    """Twenty bad records in a row stop at the twentieth; one good one in between begins the row anew."""
    assert passed(Breaker(Limits()), "." * 90 + "x" * 19 + "." * 100) == "." * 90 + "x" * 19 + "." * 100
    assert passed(Breaker(Limits()), "x" * 25) == "x" * 19


def test_more_than_a_fifth_of_the_last_hundred_stops() -> None:
    """Every fifth record bad passes for ever; a little more often, and it stops."""
    assert passed(Breaker(Limits()), "....x" * 500) == "....x" * 500
    assert len(passed(Breaker(Limits()), "...x" * 500)) < 110


def test_a_trouble_that_ends_is_over_by_itself() -> None:
    """After the pause 25 bad records with good ones behind them pass, and then a new trouble counts anew."""
    breaker = Breaker(Limits())
    assert passed(breaker, "x" * 25) == "x" * 19
    assert breaker.tripped
    rest = "x" * 6 + "." * 200
    assert passed(breaker, rest) == rest
    assert not breaker.tripped
    assert passed(breaker, "x" * 25) == "x" * 19


@pytest.mark.parametrize("marks", ["x", "x.", "xx.", ".x"])
def test_a_trouble_that_does_not_end_has_a_hundred_letters_at_most(marks: str) -> None:
    """However often it is tried again, no more than a hundred go to the dead letters, and then it stays."""
    breaker, stream, at, letters = Breaker(Limits()), marks * 1_000, 0, 0
    for _ in range(50):
        through = passed(breaker, stream[at:])
        at += len(through)
        letters += through.count("x")
    assert letters <= 100
    assert stream[at] == "x"
    assert passed(breaker, "x") == ""


def test_a_few_bad_ones_anywhere_never_stop() -> None:
    """One in fifty, in any order, passes."""
    chance = random.Random(4)
    marks = "".join(chance.choices(".x", [49, 1], k=20_000))
    assert passed(Breaker(Limits()), marks) == marks


def test_good_records_are_counted_in_bulk() -> None:
    """A thousand good ones at once are as good as one after the other."""
    one, bulk = Breaker(Limits()), Breaker(Limits())
    assert passed(one, "x" * 15) == passed(bulk, "x" * 15)
    for _ in range(1_000):
        one.good(1)
    bulk.good(1_000)
    assert passed(one, "x" * 30) == passed(bulk, "x" * 30) == "x" * 19
