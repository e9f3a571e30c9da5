"""A read of an age that no mark has yet is hardly another vehicle's plate, unless the listed one is of such
an age too."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from anpr_match.domain.hit import Match, Tier
from anpr_match.domain.read import Read
from anpr_match.matching import channel, model, unissued
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher
from anpr_match.matching.model import Model
from tests.unit.matching.voi import AT, a_voi

DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
FROM = datetime(2027, 3, 1, tzinfo=UTC)
"""When 27 comes into use."""


@pytest.fixture(scope="module")
def shipped() -> Model:
    """The model that is shipped."""
    return model.default()


def matched(shipped: Model, text: str, listed: str, at: datetime = DAY) -> Match:
    """The match of the two, however unlikely, of a read captured `at` that time, whenever it is matched."""
    listing = WatchlistIndex.build([a_voi("e", listed)], 1)
    matcher = Matcher(shipped, Borders(possible=1e-300))
    ((_, match),) = matcher.match([Read("C1", at, text)], listing, AT - timedelta(days=1), {})
    return match


@pytest.mark.parametrize(
    ("text", "listed"),
    [("AB27CDE", "AB21CDE"), ("AB77CDE", "AB71CDE"), ("AB50CDE", "AB60CDE"), ("AB01CDE", "AB07CDE")],
)
def test_an_age_not_issued_makes_a_match_surer(
    shipped: Model, monkeypatch: pytest.MonkeyPatch, text: str, listed: str
) -> None:
    """A match of a read of an age that is not issued is surer than if such plates were as common as others,
    also once the camera's own channel had its say, and not certain."""
    surer = matched(shipped, text, listed)
    monkeypatch.setattr(unissued, "SHARE", 1.0)
    plain = matched(shipped, text, listed)
    assert plain.probability + 0.2 < surer.probability < 0.95
    assert surer.tier is not Tier.EXACT


def test_the_day_of_capture_says_what_is_issued(shipped: Model) -> None:
    """The same read is surer on the last day before its age identifier comes into use than on the next, when
    it weighs as any other."""
    before = matched(shipped, "AB27CDE", "AB21CDE", FROM - timedelta(seconds=1))
    after = matched(shipped, "AB27CDE", "AB21CDE", FROM)
    assert before.probability > after.probability + 0.3
    assert matched(shipped, "AB27CDE", "AB21CDE", FROM + timedelta(days=999)).probability == after.probability


@pytest.mark.parametrize(
    ("text", "listed"), [("AB50CDF", "AB50CDE"), ("AB01CDE", "AB01CDE"), ("AB27CDE", "AB27CDE")]
)
def test_a_listed_plate_of_such_an_age_changes_nothing(
    shipped: Model, monkeypatch: pytest.MonkeyPatch, text: str, listed: str
) -> None:
    """Where the listed plate is itself of an age not issued, reads of such ages weigh as any other; an exact
    one stays exact and as probable."""
    match = matched(shipped, text, listed)
    monkeypatch.setattr(unissued, "SHARE", 1.0)
    assert matched(shipped, text, listed).probability == match.probability
    assert (match.tier is Tier.EXACT) == (text == listed)


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("AB27CDE", date(2027, 2, 28), True),
        ("AB27CDE", date(2027, 3, 1), False),
        ("AB77CDE", date(2027, 8, 31), True),
        ("AB77CDE", date(2027, 9, 1), False),
        ("AB51CDE", date(2026, 1, 1), False),
        ("AB51CDE", date(2001, 8, 31), True),
        ("AB50CDE", date(2050, 2, 28), True),
        ("AB50CDE", date(2050, 3, 1), False),
        ("AB00CDE", date(2050, 9, 1), False),
        ("AB01CDE", date.max, True),
    ],
)
def test_what_is_not_issued(text: str, day: date, expected: bool) -> None:
    """An age identifier is not issued before its first day, and 01 never."""
    found = unissued.not_issued(channel.encode([text]), np.array([day.toordinal()]))
    assert found.tolist() == [expected]


@pytest.mark.parametrize(
    "text", ["A27CDE", "AB27CD", "AB27CDEF", "AB27CD1", "1B27CDE", "ABC27D", "AB2CDE", "27", ""]
)
def test_other_shapes_have_no_age(text: str) -> None:
    """Of a text in another shape than a current mark's nothing is said, whatever digits it holds."""
    assert unissued.not_issued(channel.encode([text]), np.array([DAY.toordinal()])).tolist() == [False]


def test_each_pair_has_its_own_share() -> None:
    """One read beside two listed plates is rare beside the one that is issued, and as common as any beside
    the other; the reads around it are not touched."""
    read = channel.encode(["AB26CDE", "AB27CDE", "A27CDE"])
    listed = channel.encode(["AB21CDE", "AB21CDE", "AB37CDE", "A21CDE", "AB21CDE"])
    logs = unissued.log_shares(read, np.full(3, DAY.toordinal()), listed, np.array([0, 1, 1, 1, 2]))
    assert np.exp(logs).tolist() == pytest.approx([1, unissued.SHARE, 1, unissued.SHARE, 1])
