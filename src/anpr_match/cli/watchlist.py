"""`anpr-match watchlist`: the shared list, from this machine."""

from typing import Annotated

import typer

from anpr_match.cli import show, watchlist_files
from anpr_match.domain.watchlist import Response, State

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.command("import")(watchlist_files.import_file)
app.command("export")(watchlist_files.export_file)

COLUMNS = ("entry_id", "vehicle", "owner_force", "category", "priority", "response", "review_at", "ends_at")
REVIEW_WITHIN_DAYS = 7

EntryId = Annotated[str, typer.Argument(help="The id of the entry, as `watchlist show` names it.")]


@app.command("show")
def show_entries(
    entry_id: Annotated[
        str | None, typer.Argument(help="One entry, with its history; else the list.")
    ] = None,
    force: Annotated[str | None, typer.Option(help="Only entries that this force owns.")] = None,
    state: Annotated[State, typer.Option(help="Only entries in this state.")] = State.ACTIVE,
    limit: Annotated[int, typer.Option(help="At most so many entries.", min=1)] = 100,
    json: show.Json = False,
) -> None:
    """The entries of the list, or one entry with its history. Looking is recorded in the audit."""
    from anpr_match.cli import listed

    if entry_id is not None:
        history = listed.history(entry_id)
        if json:
            show.as_json(history)
        else:
            show.as_table(history["items"], ("at", "act", "by", "reason"), "")
            print()
            show.as_facts(history["entry"])
        return
    entries = listed.entries(force, state, limit)
    if json:
        show.as_json(entries)
    else:
        show.as_table([listed.in_brief(entry) for entry in entries], COLUMNS, "There is no such entry.")


@app.command()
def add(
    owner_force: Annotated[str, typer.Option(help="The force that lists it, for example herts.")],
    category: Annotated[str, typer.Option(help="For example hare_coursing.")],
    reason: Annotated[str, typer.Option(help="Why it is listed.")],
    ends_at: Annotated[
        str, typer.Option(help="When it stops matching: 2027-01-31, or a time with its zone.")
    ],
    plate: Annotated[
        str | None, typer.Argument(help="The plate; or name a --pattern or a description.")
    ] = None,
    pattern: Annotated[str | None, typer.Option(help="`?` one unknown character, `*` a run of them.")] = None,
    review_at: Annotated[
        str | None,
        typer.Option(help="When somebody must look at it again.  [default: in 28 days, or its end]"),
    ] = None,
    priority: Annotated[int, typer.Option(help="1 is high.", min=1, max=3)] = 2,
    response: Annotated[Response, typer.Option(help="What the officer is asked to do.")] = Response.STOP,
    warning: Annotated[
        list[str] | None, typer.Option(help="What the officer must know first; repeatable.")
    ] = None,
    make: Annotated[str | None, typer.Option(help="Maker of the vehicle.")] = None,
    model: Annotated[str | None, typer.Option(help="Its model.")] = None,
    colour: Annotated[str | None, typer.Option(help="Its colour.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="What it is: car, van, pick-up.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the knowledge comes from.")] = None,
    operation_id: Annotated[str | None, typer.Option(help="The operation it belongs to.")] = None,
    group: Annotated[str | None, typer.Option(help="The group of vehicles it belongs to.")] = None,
    json: show.Json = False,
) -> None:
    """List a vehicle. It is live in every matcher within a second."""
    from anpr_match.cli import listed

    cells = {
        "owner_force": owner_force,
        "category": category,
        "reason": reason,
        "ends_at": ends_at,
        "review_at": review_at,
        "plate": plate,
        "pattern": pattern,
        "priority": str(priority),
        "response": response.value,
        "make": make,
        "model": model,
        "colour": colour,
        "type": kind,
        "source": source,
        "operation_id": operation_id,
        "group": group,
    }
    _print(listed.add({name: cell for name, cell in cells.items() if cell}, tuple(warning or ())), json)


@app.command()
def withdraw(
    entry_id: EntryId,
    reason: Annotated[str, typer.Option(help="Why; shown to the units that hold its hits.")],
    json: show.Json = False,
) -> None:
    """Take an entry off the list, and its cards off the screens."""
    from anpr_match.cli import listed

    _print(listed.withdraw(entry_id, reason), json)


@app.command()
def review(
    entry_id: Annotated[
        str | None, typer.Argument(help="The entry that was looked at; else those due.")
    ] = None,
    next_at: Annotated[str | None, typer.Option("--next", help="When to look at it again.")] = None,
    within_days: Annotated[
        int, typer.Option(help="Which are due: within so many days.", min=0)
    ] = REVIEW_WITHIN_DAYS,
    force: Annotated[str | None, typer.Option(help="Only entries that this force owns.")] = None,
    json: show.Json = False,
) -> None:
    """The entries due for review; or note that one was reviewed.

    With an entry, --next says when it is to be looked at again.
    """
    from anpr_match.cli import listed

    if entry_id is None:
        due = listed.due(force, within_days)
        if json:
            show.as_json(due)
        else:
            show.as_table([listed.in_brief(entry) for entry in due], COLUMNS, "No review is due.")
    elif next_at is None:
        raise typer.BadParameter("when is it to be looked at again?", param_hint="--next")
    else:
        _print(listed.reviewed(entry_id, next_at), json)


def _print(entry: dict[str, object], json: bool) -> None:
    if json:
        show.as_json(entry)
    else:
        show.as_facts(entry)
