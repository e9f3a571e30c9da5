"""The chain of the audit."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from anpr_match.ports.audit import GENESIS, Act, Kind, chained, fits

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ACT = Act(AT, Kind.CONSULTATION, "t-1", "herts", "watchlist.search", "e1", "CAD 7")


def test_digest_is_as_documented() -> None:
    """Anyone can recompute a digest from what the record says."""
    told = (
        '[1,"2026-01-05T12:00:00.000000+00:00","consultation","t-1","herts","watchlist.search","e1","CAD 7"]'
    )
    assert chained(GENESIS, 1, ACT).digest == hashlib.sha256(f"{GENESIS}\n{told}".encode()).hexdigest()


def test_zone_makes_no_difference() -> None:
    """The same moment told in another zone is the same record."""
    there = replace(ACT, at=AT.astimezone(timezone(timedelta(hours=5))))
    assert chained(GENESIS, 1, there) == chained(GENESIS, 1, ACT)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"at": AT + timedelta(microseconds=1)},
        {"kind": Kind.DISCLOSURE},
        {"by": "t-2"},
        {"force": None},
        {"action": "hits.read"},
        {"subject": "e2"},
        {"reason": None},
        {"reason": ""},
        {"digest": GENESIS},
    ],
    ids=str,
)
def test_any_change_is_seen(change: dict[str, object]) -> None:
    """A record of which anything was changed does not fit its place."""
    record = chained(GENESIS, 1, ACT)
    assert fits(GENESIS, 1, record)
    changed = replace(record, **change)  # type: ignore[arg-type]  # a table of changes has no one type
    assert not fits(GENESIS, 1, changed)


def test_place_is_seen() -> None:
    """A record fits only at its number and after its predecessor."""
    one = chained(GENESIS, 1, ACT)
    two = chained(one.digest, 2, ACT)
    assert fits(one.digest, 2, two)
    assert not fits(GENESIS, 2, two)
    assert not fits(one.digest, 3, two)
