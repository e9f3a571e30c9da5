"""`anpr-match db`: the tables of the database."""

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to this version's tables. The embedded set does it by itself."""
    from anpr_match.bootstrap import stores
    from anpr_match.cli import loaded

    settings = loaded.settings()
    before, head = stores.revisions(settings)
    if before == head:
        print(f"at {head} already")
        return
    stores.upgrade(settings)
    print(f"from {before or 'empty'} to {head}")


@app.command()
def current(json: show.Json = False) -> None:
    """The database's revision, and the one this version needs."""
    revision, head = _revisions()
    if json:
        show.as_json({"current": revision, "head": head})
    else:
        print(f"{revision or 'empty'}{' (head)' if revision == head else f', this version needs {head}'}")


@app.command()
def check() -> None:
    """Exit 0 if the database is at this version's tables, else 1."""
    revision, head = _revisions()
    if revision != head:
        print(f"at {revision or 'empty'}, this version needs {head}: anpr-match db upgrade")
        raise typer.Exit(1)
    print(f"at {head}")


@app.command("new-epoch")
def new_epoch(json: show.Json = False) -> None:
    """Name the event log anew, after a backup was put back and before the service starts.

    Hits recorded after the backup are not in it, and their numbers will be given again. Under the new
    name every unit that comes back is told to reset, and takes no hit for one that it has.
    """
    import asyncio

    from anpr_match.bootstrap import epoch
    from anpr_match.cli import loaded

    renewed = asyncio.run(epoch.renewed(loaded.settings()))
    if json:
        show.as_json({"epoch": renewed})
    else:
        print(f"the event log is {renewed} now; restart every process of the service")


def _revisions() -> tuple[str | None, str]:
    from anpr_match.bootstrap import stores
    from anpr_match.cli import loaded

    return stores.revisions(loaded.settings())
