"""The page on reliability names tests that there are, and says of every row what holds it."""

import ast
import re
from functools import cache

import pytest

from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "topics" / "reliability.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FAILURES = 26


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The rows of the table, each as its cells."""
    lines = [line for line in text().splitlines() if re.match(r"\| \d+ \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@cache
def found_in(file: str) -> set[str]:
    """The tests that a file has, on the disk."""
    path = ROOT / file
    if not path.exists():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in found}


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED.findall(text()))))
def test_each_test_named_exists(file: str, test: str) -> None:
    """A test that holds a promise is there, under that name."""
    assert test in found_in(file)


def test_every_failure_has_its_row() -> None:
    """All failures of the matrix are there, each with a promise, a mechanism, and a test or plain words."""
    assert [int(cells[0]) for cells in rows()] == list(range(1, FAILURES + 1))
    for cells in rows():
        assert len(cells) == 5, cells[0]
        assert all(cells)
        assert NAMED.search(cells[4]) or "not tested" in cells[4] or "does not exist" in cells[4], cells[0]
