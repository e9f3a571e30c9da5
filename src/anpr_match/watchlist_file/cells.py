"""What is written into a cell, so that a spreadsheet does not run it and we read the same again."""

import json
import re

_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
"""Cells that a spreadsheet takes for a formula (OWASP, "CSV injection"), or that already look escaped."""


def escaped(value: str) -> str:
    """The value with an apostrophe before it if a spreadsheet would run it as a formula."""
    return "'" + value if _DANGEROUS.match(value) else value


def plain(cell: str) -> str:
    """The value that `escaped` was given."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell) else cell


def from_list(values: tuple[str, ...]) -> str:
    """Several values in one cell: divided by "; ", or as a JSON list where that would not come back."""
    simple = all(v and v == v.strip() and ";" not in v for v in values)
    if simple and not (values and values[0].startswith("[")):
        return "; ".join(values)
    return json.dumps(values, ensure_ascii=False)


def to_list(cell: str) -> tuple[str, ...]:
    """The values of `from_list`. Raises ValueError when the cell is a broken JSON list."""
    if not cell.startswith("["):
        return tuple(value.strip() for value in cell.split(";") if value.strip())
    values = json.loads(cell)
    if not all(isinstance(value, str) for value in values):
        raise ValueError("a list of texts is needed")
    return tuple(values)
