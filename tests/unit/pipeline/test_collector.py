"""Python looks for garbage in circles seldom."""

import gc
from collections.abc import Iterator

import pytest

from anpr_match.pipeline import collector


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests have the collector as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_there_stays_and_a_batch_is_no_reason_to_look() -> None:
    """What there is is frozen, and as many objects as a batch has are made without a look at them."""
    collector.settle()
    assert gc.get_freeze_count() > 0
    looks = sum(stats["collections"] for stats in gc.get_stats())
    batch = [[number] for number in range(collector.EVERY_OBJECTS // 2)]
    assert sum(stats["collections"] for stats in gc.get_stats()) <= looks + 1
    assert len(batch) == collector.EVERY_OBJECTS // 2


def test_garbage_in_circles_is_found_all_the_same() -> None:
    """Lists that hold themselves do not pile up."""
    collector.settle()
    looks = gc.get_stats()[0]["collections"]
    for _ in range(3 * collector.EVERY_OBJECTS):
        circle: list[object] = []
        circle.append(circle)
    assert gc.get_stats()[0]["collections"] >= looks + 2
