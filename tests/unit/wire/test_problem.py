"""Errors as problem+json."""

import json

import pytest

from anpr_match.domain.errors import Problem
from anpr_match.wire import problem


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    """The text names type, title, status and detail, and each single problem by pointer and code."""
    text = problem.render(422, "refused", "Unprocessable", "broken", [Problem("/plate", "junk", "no plate")])
    assert json.loads(text) == {
        "type": "urn:anpr-match:problem:refused",
        "title": "Unprocessable",
        "status": 422,
        "detail": "broken",
        "errors": [{"pointer": "/plate", "code": "junk", "detail": "no plate"}],
    }


def test_no_answer_names_problems_without_end() -> None:
    """Beyond the bound problems are counted, not listed."""
    many = [Problem(f"/{n}", "missing", "x") for n in range(problem.PROBLEMS_MAX + 1)]
    body = json.loads(problem.render(422, "refused", "t", "broken", many))
    assert len(body["errors"]) == problem.PROBLEMS_MAX
    assert str(len(many)) in body["detail"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("body", "shared_with", 1), "/shared_with/1"),
        (("plates", 0), "/plates/0"),
        (("body", "a/b~c"), "/a~1b~0c"),
        (("body",), ""),
        (("query", "limit"), "?limit"),
        (("header", "if-match"), "if-match:"),
    ],
)
def test_places_become_pointers(place: tuple[str | int, ...], expected: str) -> None:
    """A place in the body is a JSON pointer; a parameter cannot be mistaken for one."""
    assert problem.pointer(place) == expected
