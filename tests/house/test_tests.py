"""Tests say what they hold true, use the real thing or a fake, and wait for what they wait for."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import Function, functions, modules, parsed, place


def test_every_test_has_one_sentence() -> None:
    """Every test says in one sentence what holds."""
    assert [
        f"{place(path, test)} {test.name}"
        for path in modules("tests")
        for test in _tests(path)
        if not _says(test)
    ] == []


def test_no_mocks() -> None:
    """Nothing imports unittest.mock: backends/memory has a fake for every port."""
    assert [
        place(path, node)
        for path in modules("src", "tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node)
    ] == []


def test_no_sleeping() -> None:
    """No test sleeps and hopes: it waits for a signal, winds the clock, or looks again in a bounded loop."""
    assert [
        place(path, call)
        for path in modules("tests")
        for call in _calls_outside_loops(parsed(path))
        if _sleeps(call)
    ] == []


def test_nothing_is_skipped() -> None:
    """No test is skipped or expected to fail, but on request, in tests/services."""
    assert [
        place(path, node)
        for path in modules("tests")
        if not place(path).startswith("tests/services/")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "importorskip"}
    ] == []


def _tests(path: Path) -> Iterator[Function]:
    return (
        function for function in functions(path) if function.name.startswith("test_") and _collected(path)
    )


def _collected(path: Path) -> bool:
    return path.name.startswith("test_")


def _says(test: Function) -> bool:
    sentence = ast.get_docstring(test)
    return sentence is not None and sentence.endswith((".", "?", "!"))


def _calls_outside_loops(node: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if not isinstance(child, ast.While | ast.For | ast.AsyncFor):
            yield from _calls_outside_loops(child)


def _sleeps(call: ast.Call) -> bool:
    """Whether it sleeps for a time; `asyncio.sleep(0)` only lets others run."""
    name = ast.unparse(call.func)
    return name in {"time.sleep", "asyncio.sleep", "sleep"} and ast.unparse(call.args[0]) != "0"
