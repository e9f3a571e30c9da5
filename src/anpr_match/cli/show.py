"""What commands print: one JSON value for programs, or plain columns for people."""

import json as json_module
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def as_json(value: object) -> None:
    """One JSON value on standard output."""
    print(json_module.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def as_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str], empty: str) -> None:
    """The rows in aligned columns under their names, or the sentence `empty` if there are none."""
    if not rows:
        print(empty)
        return
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def as_facts(facts: Mapping[str, object], once: str | None = None) -> None:
    """One thing, a fact a line; `once` names the fact that will not be shown again."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name.replace('_', ' ').ljust(width)}  {_cell(value)}")
    if once is not None:
        print(f"\nKeep the {once}: it is shown this once.", file=sys.stderr)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
