"""`anpr-match simulate`: cameras that are not there."""

import sys
from enum import StrEnum
from typing import Annotated

import typer


class Scenario(StrEnum):
    ASTARE = "astare"
    TRAFFIC = "traffic"


def simulate(
    to: Annotated[str, typer.Option(help="http://host:port or kafka://host:port/topic.")],
    scenario: Annotated[
        Scenario, typer.Option(help="A story with hits, or traffic without any.")
    ] = Scenario.TRAFFIC,
    rate: Annotated[float, typer.Option(min=0, help="Reads a second of everyday traffic.")] = 20.0,
    duration: Annotated[float | None, typer.Option(min=0, help="Seconds; without it, until Ctrl-C.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same plates in the same order.")] = 1,
    token: Annotated[
        str | None, typer.Option(envvar="ANPR_SIMULATE__TOKEN", help="A camera's or gateway's token.")
    ] = None,
    analyst_token: Annotated[
        str | None,
        typer.Option(
            envvar="ANPR_SIMULATE__ANALYST_TOKEN", help="With it, the story lists and withdraws vehicles."
        ),
    ] = None,
    force: Annotated[
        str | None, typer.Option(help="Cameras of this force only: a token speaks for its own force.")
    ] = None,
) -> None:
    """Send invented reads: to a service over HTTP, or onto a Kafka topic. Every plate is one that cannot
    have been issued."""
    import asyncio
    import math

    from anpr_match.bootstrap import logs
    from anpr_match.cli import loaded
    from anpr_match.simulate import run

    story = scenario is Scenario.ASTARE
    order = run.Order(story, rate, math.inf if duration is None else duration, seed, force)
    topic = run.topic_of(to)
    if topic is not None:
        settings = loaded.settings()
        kafka = settings.kafka.model_copy(update={"bootstrap": topic.bootstrap, "reads_topic": topic.name})
        opened = logs.open_logs(settings.model_copy(update={"kafka": kafka}))
        sent = asyncio.run(run.over_kafka(order, opened))
    elif token:
        sent = asyncio.run(run.over_http(order, to, token, analyst_token))
    else:
        raise typer.BadParameter("needed for an http address", param_hint="--token")
    print(f"{sent} reads of everyday traffic sent", file=sys.stderr)
