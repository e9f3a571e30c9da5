"""`anpr-match dead-letters`: what could not be read, why, and the way back."""

import sys
from typing import Annotated

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

COLUMNS = ("letter_id", "kept_at", "reason", "bytes", "replayed_at", "detail")
NEWEST_DEFAULT = 20
NEWEST_MAX = 10_000

Reason = Annotated[str, typer.Option(help="Why; it is recorded in the audit.")]


@app.command("list")
def list_letters(
    newest: Annotated[
        int, typer.Option(min=0, max=NEWEST_MAX, help="How many of the newest to list.")
    ] = NEWEST_DEFAULT,
    json: show.Json = False,
) -> None:
    """How many there are by reason, and the newest. What is in them is not shown."""
    from anpr_match.cli import lettering

    overview = lettering.overview(newest)
    if json:
        show.as_json(lettering.as_listed(overview))
        return
    for reason, letters in sorted(overview.by_reason.items()):
        print(f"{letters:>8}  {reason}")
    print(f"{sum(overview.by_reason.values()):>8}  in all, {overview.waiting} of them not yet put back\n")
    show.as_table(lettering.as_listed(overview)["newest"], COLUMNS, empty="there are none")


@app.command("show")
def show_letter(
    letter_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `list` names it: topic/partition/offset.")
    ],
    reason: Reason,
    json: show.Json = False,
) -> None:
    """The bytes of one as they came, on standard output. They may hold a plate: audited as a disclosure."""
    from anpr_match.cli import lettering

    letter = lettering.letter(letter_id, _stated(reason))
    if json:
        show.as_json(lettering.as_shown(letter))
        return
    sys.stdout.buffer.write(letter.unreadable.value or b"")
    sys.stdout.buffer.flush()


@app.command()
def replay(
    why: Annotated[
        str, typer.Option("--why", help="Why they are put back; it is recorded in the audit.")
    ] = "the cause is mended",
    reason: Annotated[
        str | None, typer.Option(help="Only those with this reason, as `list` names it.")
    ] = None,
    id: Annotated[  # noqa: A002 the option's name
        list[str] | None, typer.Option(metavar="ID", help="Only this one. May be given again.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it. Without this it only says what would be done.")
    ] = False,
    json: show.Json = False,
) -> None:
    """Put them back into the log of reads, to be decoded and matched again.

    Previews; `--apply` does it. What was put back before is left out. What fails again comes back as a
    dead letter. Without Kafka the service must be stopped for `--apply`.
    """
    from anpr_match.cli import lettering

    outcome = lettering.replayed(reason, tuple(id or ()), _stated(why), apply=apply)
    if json:
        show.as_json(lettering.as_told(outcome, applied=apply))
    else:
        did = "put back" if apply else "would be put back"
        print(f"{len(outcome.put_back)} {did}, {outcome.again} were before")
        for name, letters in sorted(outcome.by_reason.items()):
            print(f"{letters:>8}  {name}")
        if outcome.head_only:
            print(f"{outcome.head_only} cannot be: only their first bytes were kept")
        if outcome.not_taken:
            print(f"{len(outcome.not_taken)} are not taken by the log: {', '.join(outcome.not_taken[:5])}")
        if outcome.put_back and not apply:
            print("nothing was done: --apply does it", file=sys.stderr)
    if outcome.not_taken:
        raise typer.Exit(1)


def _stated(reason: str) -> str:
    """A reason that says something; an empty one is wrong usage."""
    if not reason.strip():
        raise typer.BadParameter("say why")
    return reason.strip()
