"""`anpr-match watchlist import` and `export`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from anpr_match.cli import show

LINES_SHOWN_MAX = 20

Source = Annotated[
    Path,
    typer.Argument(
        help="CSV with a header, column plate needed; plain, .gz or .zip.", exists=True, dir_okay=False
    ),
]


def import_file(
    file: Source,
    owner_force: Annotated[str, typer.Option(help="Whose list it is, for example herts.")],
    category: Annotated[
        str | None, typer.Option(help="Of lines that name none, for example hare_coursing.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why they are listed: of lines that say none.")] = None,
    ends_at: Annotated[
        str | None, typer.Option(help="When they stop matching: 2027-01-31, or a time with its zone.")
    ] = None,
    review_at: Annotated[
        str | None,
        typer.Option(help="When somebody must look at them again.  [default: in 28 days, or the end]"),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="If it is not UTF-8 or marked UTF-16: cp1252.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Do nothing if any line is refused.")] = False,
    json: show.Json = False,
) -> None:
    """Show what a file would do to the list; with --apply, do it.

    Line by line: added, unchanged, duplicate, refused and why. All that is added is added in one
    transaction. What a line says counts before the options. A vehicle that the force lists already is never
    overwritten, and nothing on the list is taken off it.
    """
    from anpr_match.cli import importing
    from anpr_match.watchlist_file.entries import Defaults

    defaults = Defaults(owner_force, category, reason, review_at, ends_at)
    report = importing.imported(file, defaults, encoding, importing.Wish(apply, strict))
    if json:
        show.as_json(report)
    else:
        _print(report)
    if report["refused"] and (strict or report["refused"] == len(report["lines"])):
        raise typer.Exit(1)


def export_file(
    output: Annotated[Path | None, typer.Option(help="Where to write it; else standard output.")] = None,
    force: Annotated[str | None, typer.Option(help="Only entries that this force owns.")] = None,
) -> None:
    """The active entries as a CSV that `import` reads back. That it was done is recorded in the audit."""
    from anpr_match.cli import importing

    importing.exported(output, force)


def _print(report: dict[str, Any]) -> None:
    lines: list[dict[str, Any]] = report["lines"]
    said = [line for line in lines if line["problems"] or line["note"]]
    for line in said[:LINES_SHOWN_MAX]:
        for problem in line["problems"]:
            named = f"{problem['pointer'].lstrip('/')}: " if problem["pointer"] else ""
            print(f"line {line['line']}: {line['result']}: {named}{problem['detail']}")
        if line["note"]:
            print(f"line {line['line']}: {line['result']}: {line['note']}")
    if len(said) > LINES_SHOWN_MAX:
        print(f"… and {len(said) - LINES_SHOWN_MAX} more lines; --json names all")
    if report["ignored_columns"]:
        print(f"columns that mean nothing here: {', '.join(report['ignored_columns'])}")
    verb = "added" if report["applied"] else "will add"
    print(
        f"{verb} {report['add']} · unchanged {report['unchanged']} · "
        f"duplicate {report['duplicate']} · refused {report['refused']}"
    )
    if not report["applied"] and report["add"]:
        print("Nothing is changed yet: --apply does it.")
