"""A module is named for what it holds."""

import ast

from tests.house.tree import modules, parsed, place

NAMES_THAT_HIDE = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "core",
    "base",
    "manager",
    "managers",
    "misc",
}


def test_no_module_hides_what_it_holds() -> None:
    """No module or package is called utils, helpers, common, core, base or manager."""
    named = {
        place(path): {*path.relative_to(path.anchor).parts[-3:], path.stem}
        for path in modules("src", "tests")
    }
    assert [file for file, names in named.items() if names & NAMES_THAT_HIDE] == []


def test_no_imports_for_the_type_checker_alone() -> None:
    """No TYPE_CHECKING block: an import that does not fit means a module in the wrong place."""
    assert [
        place(path, node)
        for path in modules("src", "tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"
    ] == []
