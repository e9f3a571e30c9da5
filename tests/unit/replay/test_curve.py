"""The rules of others are judged as they document them, and our hits by their order."""

import pytest

from anpr_match.replay import curve
from anpr_match.replay.evaluate import Judged, Truth, recall_at_false
from anpr_match.replay.plot import svg


@pytest.mark.parametrize(
    ("read", "plate", "fits"),
    [
        (
            "AB51CD8",
            "AB51CDB",
            ("one OCR equivalent (Genetec)", "look-alikes folded (crumbvms)", "Levenshtein 1 (Frigate)"),
        ),
        ("ABSICDE", "AB51CDE", ("look-alikes folded (crumbvms)",)),
        ("AB51CDF", "AB51CDE", ("Levenshtein 1 (Frigate)",)),
        ("B51CDE", "AB51CDE", ("Levenshtein 1 (Frigate)",)),
        ("AB51CXX", "AB51CDE", ()),
    ],
)
def test_peers_rules(read: str, plate: str, fits: tuple[str, ...]) -> None:
    """Each rule takes just the misreads that its program says it takes."""
    assert tuple(name for name, rule in curve.peers_rules().items() if rule(read, plate)) == fits


def a_hit(probability: float, right: bool) -> Judged:
    return Judged(str(probability), probability, right, exact=False)


HITS = [a_hit(0.9, True), a_hit(0.8, True), a_hit(0.7, False), a_hit(0.6, True), a_hit(0.5, False)]


def test_recall_at_a_budget_of_false_alerts() -> None:
    """What is found before one more false alert than the budget comes in counts, in order of probability."""
    recall = recall_at_false(HITS, misread=6)
    assert recall[1] == pytest.approx(0.5)
    assert recall[5] == pytest.approx(0.5)


def test_our_curve_rises() -> None:
    """Each false alert allowed finds as much or more."""
    known = Truth({str(i): None for i in range(100_000)}, {}, 10, set(), set("abcdef"))
    points = curve.ours(HITS, known)
    assert [point.false_per_100k for point in points] == pytest.approx([0, 1, 2])
    assert [point.misread_recall for point in points] == pytest.approx([2 / 6, 3 / 6, 3 / 6])


def test_a_picture_names_its_series() -> None:
    """Every series is in the picture by name, and what could break its markup is escaped."""
    picture = svg({"ours & theirs": [(0.1, 0.2), (10, 0.8)], "exact": [(0, 0)]})
    assert "ours &amp; theirs" in picture
    assert picture.count("<polyline") == 1
