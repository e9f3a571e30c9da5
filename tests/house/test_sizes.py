"""A file can be read from top to bottom, and a function fits on a screen."""

from tests.house.tree import Function, functions, modules, place

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
ARGUMENTS_MAX = 6

# Their arguments are what a person types or a request carries, each named and documented by itself.
DOORS = ("src/anpr_match/cli/", "src/anpr_match/web/")


def test_files_are_short() -> None:
    """No file has more than 400 lines."""
    sizes = {
        place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules("src", "tests")
    }
    assert {file: lines for file, lines in sizes.items() if lines > FILE_LINES_MAX} == {}


def test_functions_are_short() -> None:
    """No function has more than 60 lines."""
    sizes = {
        f"{place(path, function)} {function.name}": _lines(function)
        for path in modules("src", "tests")
        for function in functions(path)
    }
    assert {name: lines for name, lines in sizes.items() if lines > FUNCTION_LINES_MAX} == {}


def test_functions_take_few_arguments() -> None:
    """No function takes more than six arguments beside itself, but for the doors."""
    counts = {
        f"{place(path, function)} {function.name}": _arguments(function)
        for path in modules("src")
        for function in functions(path)
        if not place(path).startswith(DOORS)
    }
    assert {name: count for name, count in counts.items() if count > ARGUMENTS_MAX} == {}


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _arguments(function: Function) -> int:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([argument for argument in arguments if argument.arg not in {"self", "cls"}])
