"""What a caller says of the version it holds."""

import pytest
from starlette.exceptions import HTTPException

from anpr_match.domain.errors import Stale
from anpr_match.web import etags


@pytest.mark.parametrize("if_match", ['"3"', '"1", "3"', "*", ' "3" '])
def test_the_version_that_stands_passes(if_match: str) -> None:
    """A strong tag, one of several, or `*` is enough."""
    etags.require_match(if_match, 3)


@pytest.mark.parametrize("if_match", ['"2"', 'W/"3"', "3", "?", "", '"33"'])
def test_another_version_is_stale(if_match: str) -> None:
    """Another version, a weak tag and what is no tag do not allow a change."""
    with pytest.raises(Stale):
        etags.require_match(if_match, 3)


def test_saying_nothing_is_answered_428() -> None:
    """A change without If-Match is not tried."""
    with pytest.raises(HTTPException) as refused:
        etags.require_match(None, 3)
    assert refused.value.status_code == 428


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [(None, False), ('"3"', True), ('W/"3"', True), ("*", True), ('"2"', False), ("junk", False)],
)
def test_a_copy_that_still_stands_is_known(if_none_match: str | None, *, expected: bool) -> None:
    """If-None-Match compares weakly."""
    assert etags.holds(if_none_match, 3) is expected
