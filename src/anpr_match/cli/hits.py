"""`anpr-match hits`: which nobody answered, how right they were, and what to learn from them."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Days = Annotated[float, typer.Option(min=0.001, max=3660, help="How far back to look.")]


@app.command()
def unanswered(
    expired: Annotated[
        bool, typer.Option("--expired", help="Those that got no answer in time, instead.")
    ] = False,
    days: Days = 1.0,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    json: show.Json = False,
) -> None:
    """Hits that wait for an answer, and what became of all others.

    Exit 1 if there is one.
    """
    from anpr_match.cli.opened import Stores, in_stores
    from anpr_match.domain.handling import Status
    from anpr_match.pipeline.unanswered import Reports, Unanswered
    from anpr_match.web.reports import unanswered_out

    status = Status.EXPIRED if expired else Status.OPEN

    async def work(stores: Stores) -> Unanswered:
        return await Reports(stores.acts, stores.clock).unanswered(status, days, limit, None)

    found = unanswered_out(in_stores(work)).model_dump(mode="json")
    if json:
        show.as_json(found)
    else:
        columns = ("hit_id", "priority", "level", "recorded_at", "next_step_at", "reason")
        show.as_table(found["items"], columns, "No hit is left over.")
        told = ", ".join(f"{hits:,} {name}" for name, hits in found["tally"].items())
        print(f"\nThe last {days:g} days: {told}; {found['overdue']} overdue")
    if found["items"]:
        raise typer.Exit(1)


@app.command()
def precision(days: Days = 30.0, json: show.Json = False) -> None:
    """How often the plate was read right, by list, camera, rule and model, from officers' answers."""
    from anpr_match.cli.opened import Stores, in_stores
    from anpr_match.pipeline.answers import Answers, Precision
    from anpr_match.web.reports import precision_out

    async def work(stores: Stores) -> list[Precision]:
        return await Answers(stores.acts, stores.audit, stores.clock).precision(days, None)

    found = [precision_out(one).model_dump(mode="json") for one in in_stores(work)]
    if json:
        show.as_json(found)
    else:
        columns = ("by", "name", "precision", "right", "wrong_plate", "right_plate_stale_entry", "not_seen")
        show.as_table(found, columns, "Nobody has answered a hit yet.")


@app.command()
def pairs(
    reads: Annotated[Path, typer.Option(dir_okay=False, help="Where the reads go.")],
    truth: Annotated[Path, typer.Option(dir_okay=False, help="Where their true plates go.")],
    days: Days = 365.0,
    json: show.Json = False,
) -> None:
    """Write the two files that `anpr-match learn` takes, from what officers answered.

    A plate that was read right is a pair with the plate listed, one that was not with the plate that the
    officer wrote down. A line's `read_id` is the id of its hit, and its `engine` that of the camera as it is
    registered now. The audit records it.
    """
    from anpr_match.cli.opened import Stores, in_stores, who
    from anpr_match.pipeline.answers import Answers, Pairs

    async def work(stores: Stores) -> tuple[Pairs, dict[str, str | None]]:
        engines = {camera.camera_id: camera.engine for camera in await stores.registers.cameras()}
        return await Answers(stores.acts, stores.audit, stores.clock).pairs(days, who()), engines

    found, engines = in_stores(work)
    rows = found.pairs
    _write(
        reads,
        ("read_id", "camera_id", "engine", "captured_at", "plate", "confidence", "make", "colour"),
        (
            (
                *(p.pair_id, p.camera_id, engines.get(p.camera_id)),
                *(p.captured_at, p.plate, p.confidence, p.make, p.colour),
            )
            for p in rows
        ),
    )
    _write(truth, ("read_id", "true_plate"), ((p.pair_id, p.true_plate) for p in rows))
    left_out = {verdict.value: answers for verdict, answers in found.left_out.items()}
    if json:
        show.as_json({"pairs": len(rows), "left_out": left_out})
    else:
        told = ", ".join(f"{answers} {name}" for name, answers in left_out.items()) or "none"
        print(f"{len(rows):,} pairs in {reads} and {truth}; left out, as the plate is not known: {told}")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Plates are in it: nobody else may read the file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(header)
        lines.writerows(rows)
