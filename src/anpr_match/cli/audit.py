"""`anpr-match audit`: the record of acts on personal data."""

import json as json_module
import os
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.command()
def verify(json: show.Json = False) -> None:
    """Check that no record was changed, taken out or put in.

    Exit 1, with its number, if one was.
    """
    from anpr_match.cli.opened import Stores, in_stores

    async def work(stores: Stores) -> int | None:
        return await stores.audit.verify()

    broken = in_stores(work)
    if json:
        show.as_json({"ok": broken is None, "first_broken": broken})
    elif broken is None:
        print("the chain holds")
    else:
        print(f"record {broken} does not fit the chain")
    if broken is not None:
        raise typer.Exit(1)


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="Where to write it; else standard output.")] = None,
) -> None:
    """All records, oldest first, one JSON object a line."""
    from anpr_match.cli.opened import Stores, in_stores

    async def write(stores: Stores, stream: TextIO) -> None:
        async for record in stores.audit.records():
            line = {
                "number": record.number,
                "at": record.at.isoformat().replace("+00:00", "Z"),
                "kind": record.kind.value,
                "by": record.by,
                "force": record.force,
                "action": record.action,
                "subject": record.subject,
                "reason": record.reason,
                "digest": record.digest,
            }
            stream.write(json_module.dumps(line, ensure_ascii=False) + "\n")

    async def work(stores: Stores) -> None:
        if output is None:
            await write(stores, sys.stdout)
            return
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            await write(stores, stream)

    in_stores(work)
