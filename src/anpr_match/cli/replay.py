"""`anpr-match replay`, `learn` and `evaluate`: files in, files out, no server."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from anpr_match.cli import show
from anpr_match.cli.say import complain

LINES_SHOWN_MAX = 20

Watchlist = Annotated[
    Path, typer.Option(exists=True, dir_okay=False, help="CSV with a header, column plate needed.")
]
Reads = Annotated[
    Path,
    typer.Option(
        exists=True, dir_okay=False, help="CSV (read_id,camera_id,captured_at,plate,…) or JSONL; .gz too."
    ),
]
Truth = Annotated[
    Path, typer.Option(exists=True, dir_okay=False, help="CSV with read_id and true_plate; .gz too.")
]
Cameras = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="CSV with camera_id and engine.")
]


def replay(
    watchlist: Watchlist,
    reads: Reads,
    output: Annotated[Path, typer.Option(dir_okay=False, help="Where the hits go, one JSON object a line.")],
    cameras: Cameras = None,
    model: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="From `learn`; else the one that ships.")
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave out fuzzy hits below this.")
    ] = None,
    memory: Annotated[
        bool, typer.Option("--memory/--no-memory", help="Whether plates seen before tell something.")
    ] = True,
    json: show.Json = False,
) -> None:
    """Match a file of reads against a list, as the live matcher would.

    In time order, with the code that the service runs, and without a server. One line for each read and
    entry that match; exact ones always.
    """
    from anpr_match.cli import progress
    from anpr_match.pipeline import collector
    from anpr_match.replay import run

    collector.settle()
    files = run.Files(watchlist, reads, output, cameras, model)
    with progress.bar("matching") as told:
        summary = run.run_replay(files, min_probability, told, remembering=memory)
    for line in summary.left_out[:LINES_SHOWN_MAX]:
        complain(f"{watchlist}: line {line['line']} is left out: {line['detail']}")
    if len(summary.left_out) > LINES_SHOWN_MAX:
        complain(f"… and {len(summary.left_out) - LINES_SHOWN_MAX} more lines; --json names all")
    if json:
        show.as_json(asdict(summary))
    else:
        print(
            f"{summary.reads:,} reads against {summary.entries:,} entries: {summary.hits:,} hits, "
            f"{summary.exact:,} exact and {summary.fuzzy:,} fuzzy, in {output}"
        )


def learn(
    reads: Reads,
    truth: Truth,
    output: Annotated[Path, typer.Option(dir_okay=False, help="Where the model goes.")],
    base: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A model to add to; else the default.")
    ] = None,
    cameras: Cameras = None,
    json: show.Json = False,
) -> None:
    """Learn what cameras mistake for what, from reads whose truth is known.

    The model is for `replay`, `explain` and, by ANPR_MATCH__MODEL, for the service.
    """
    from anpr_match.replay import learning

    learned = learning.learn_file(reads, truth, output, base, cameras)
    if json:
        show.as_json(asdict(learned))
    else:
        print(
            f"{learned.model}: from {learned.pairs:,} pairs, {learned.misread:,} of them misread, "
            f"at {learned.cameras} cameras, in {output}"
        )


def evaluate(
    hits: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="What `replay` wrote.")],
    reads: Reads,
    truth: Truth,
    watchlist: Watchlist,
    json: show.Json = False,
) -> None:
    """Judge hits by the truth: what was found, what was false.

    Recall, precision, false alerts for each 100,000 reads, and whether a probability of 0.9 means nine
    in ten.
    """
    from anpr_match.replay import evaluate as judging

    result = judging.evaluate(hits, reads, truth, watchlist).to_json()
    if json:
        show.as_json(result)
    else:
        _print(result)


def _print(result: dict[str, Any]) -> None:
    print(
        f"{result['reads']:,} reads, {result['listed']:,} listed plates; {result['passages']:,} passages of "
        f"listed vehicles, {result['misread_passages']:,} of them misread\n"
    )
    rows = [{name: _figure(value) for name, value in row.items()} for row in result["by_threshold"]]
    show.as_table(rows, list(rows[0]) if rows else [], "no hits")
    print("\nmisread passages found, by false fuzzy alerts allowed in the file:")
    for false, share in result["misread_recall_at_false"].items():
        print(f"  {int(false):>5}  {share:.1%}")
    print(
        f"\ncalibration: probabilities are off by {result['ece']:.3f} on average; "
        f"perfect ones would be by {result['ece_by_chance']:.3f}, so few are the hits"
    )


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
