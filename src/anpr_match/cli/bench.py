"""`anpr-match bench`: the measurements, with peers and limits in the same run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

COLUMNS = (
    "name",
    "list_size",
    "hit_rate",
    "reads_per_s",
    "reads_per_cpu_s",
    "cpu_us_per_read",
    "cars",
    "frames",
    "p50_ms",
    "p99_ms",
    "cpu_us_per_frame",
    "max_ms",
    "start_s",
    "seconds",
    "kib_per_connection",
    "batch_500_ms",
    "build_s",
    "bytes_per_plate",
    "edit_live_ms",
    "share_of_limit",
    "error",
)

Sizes = Annotated[list[int] | None, typer.Option(min=1, help="Entries on the list; repeatable.")]


@app.command()
def match(
    list_size: Sizes = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="For each method on each list.")] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same plates.")] = 7,
    plot: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Draw it too, as PNG or SVG.  [needs the extra bench]")
    ] = None,
    json: show.Json = False,
) -> None:
    """Reads a second through the matching alone, strings in and probability out.

    Beside rapidfuzz, symspellpy and tantivy on the same list and the same reads, and beside what the
    memory of this machine allows. The peers come with the extra bench, which `make bench` installs.
    """
    from anpr_match.bench import match as alone

    result = alone.run(list_size or alone.SIZES, seconds, seed)
    if plot is not None:
        from anpr_match.bench import plot as plots

        plots.draw(result, plot)
    _show(result, json)


@app.command()
def pipeline(
    reads: Annotated[int, typer.Option(min=1000, help="Reads in each measurement.")] = 300_000,
    list_size: Sizes = None,
    hit_rate: Annotated[
        list[float] | None, typer.Option(min=0, max=1, help="Share of reads that hit; repeatable.")
    ] = None,
    paced_seconds: Annotated[float, typer.Option(min=1, help="For the 1,000 reads a second.")] = 15.0,
    peer_seconds: Annotated[float, typer.Option(min=1, help="For each peer on each list, at most.")] = 10.0,
    processes: Annotated[
        bool, typer.Option(help="Also a backlog, a second process, and 1,000 reads a second.")
    ] = True,
    peers_python: Annotated[
        Path, typer.Option(dir_okay=False, help="The Python that has quixstreams and faust.")
    ] = Path(".venv-peers/bin/python"),
    json: show.Json = False,
) -> None:
    """Reads a second through the whole matcher, from Kafka to recorded hits.

    Beside a bare loop that takes and decodes the same topic and does nothing else, and beside
    quixstreams and faust, which look up a set; then a backlog, a second process, and how long a read
    takes at 1,000 a second. Needs a broker (ANPR_KAFKA__BOOTSTRAP); `make bench` starts one, and installs
    the peers. Makes topics of its own and removes them. Hits go into a database of the run's own, or,
    with ANPR_DATABASE__URL, into that one: it must hold no entry.
    """
    from anpr_match.bench import peers
    from anpr_match.bench import pipeline as through
    from anpr_match.cli import benching

    plan = through.Plan(
        reads,
        sorted(list_size) if list_size else through.LIST_SIZES,
        sorted(hit_rate) if hit_rate else through.HIT_RATES,
        paced_s=paced_seconds,
        processes=processes,
        peer_limits=peers.Limits(peers_python, peer_seconds),
    )
    _show(benching.pipeline(plan), json)


@app.command()
def feed(
    cars: Annotated[int, typer.Option(min=1, help="Cars that are connected.")] = 1_000,
    cars_many: Annotated[int, typer.Option(min=1, help="Cars for fanout_5000 and memory.")] = 5_000,
    rounds: Annotated[int, typer.Option(min=1, help="Hits told to the cars.")] = 40,
    seconds: Annotated[float, typer.Option(min=1, help="For each rate of reads.")] = 20.0,
    json: show.Json = False,
) -> None:
    """How fast a hit reaches the cars, and what a connected car costs.

    The service of `serve` in a process of its own, beside the bare broadcast of the library websockets
    to as many of the same clients. Takes the local set, or the parts that ANPR_KAFKA__BOOTSTRAP and
    ANPR_DATABASE__URL name, with a topic of its own; the database must hold no entry.
    """
    from anpr_match.cli import benching

    _show(benching.feed(benching.Fleet(cars, cars_many, rounds, seconds)), json)


def _show(result: dict[str, Any], json: bool) -> None:
    if json:
        show.as_json(result)
        return
    machine = result["machine"]
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load_1min']}\n")
    columns = [name for name in COLUMNS if any(name in row for row in result["results"])]
    rows = [{name: _figure(row.get(name)) for name in columns} for row in result["results"]]
    show.as_table(rows, columns, "nothing was measured")
    print()
    for row in result["results"]:
        if "runs_reads_per_s" in row:
            runs = ", ".join(f"{run:,.0f}" for run in row["runs_reads_per_s"])
            print(f"{row['name']} hits={row['hit_rate']}: the median of {runs} reads/s")
        if "us_per_read" in row:
            stages = ", ".join(f"{name} {cost}" for name, cost in row["us_per_read"].items())
            print(f"{row['name']} list={row['list_size']} hits={row['hit_rate']}: µs per read: {stages}")
    print()
    for name, ratio in result["ratios"].items():
        print(f"{ratio:10,.3f}  {name}")


def _figure(value: object) -> object:
    """Large figures without decimals, in groups of three; a p50 and p99 side by side."""
    if isinstance(value, dict):
        return " / ".join(str(part) for part in value.values())
    return f"{value:,.0f}" if isinstance(value, int | float) and value >= 1000 else value
