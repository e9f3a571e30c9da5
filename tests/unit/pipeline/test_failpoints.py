"""Failpoints: what is understood, and when it happens."""

import pytest

from anpr_match.domain.errors import SetUp, Unavailable
from anpr_match.pipeline.failpoints import FailpointError, Failpoints


def test_it_happens_the_nth_time_only() -> None:
    """With a number it happens that time, without one each time."""
    points = Failpoints("after_match:raise@2, after_decode:away")
    points("after_match")
    with pytest.raises(FailpointError):
        points("after_match")
    points("after_match")
    for _ in range(2):
        with pytest.raises(Unavailable):
            points("after_decode")


@pytest.mark.parametrize(
    "text", ["", "somewhere:kill", "after_match", "after_match:explode", "after_match:kill@x"]
)
def test_what_is_no_failpoint_is_refused(text: str) -> None:
    """A misspelt failpoint is named, rather than that it never happens."""
    with pytest.raises(SetUp, match="no failpoint"):
        Failpoints(text)
