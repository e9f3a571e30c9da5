"""`anpr-match explain`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from anpr_match.cli import show

SURE = 0.9994
"""What is more would be rounded to more than 99.9 %."""


def explain(
    read: Annotated[str, typer.Argument(help="What the camera read.")],
    plate: Annotated[str, typer.Argument(help="The plate or pattern that is listed.")],
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="How sure the camera said that it was.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="What reads the plates; `typed`: a person.")] = None,
    reading: Annotated[
        list[str] | None,
        typer.Option(
            metavar="<text[=0-1]>", help="Another reading of the engine, the read included; repeatable."
        ),
    ] = None,
    character: Annotated[
        list[float] | None,
        typer.Option(
            min=0, max=1, help="How sure it was of each character read, in their order; repeatable."
        ),
    ] = None,
    make: Annotated[str | None, typer.Option(help="Make seen.")] = None,
    colour: Annotated[str | None, typer.Option(help="Colour seen.")] = None,
    listed_make: Annotated[str | None, typer.Option(help="Make listed.")] = None,
    listed_colour: Annotated[str | None, typer.Option(help="Colour listed.")] = None,
    seen_before: Annotated[
        int, typer.Option(min=0, max=3, help="How many other cameras or days had seen the text read.")
    ] = 0,
    seen_minutes: Annotated[
        float | None, typer.Option(help="The listed plate was surely seen so long before the read.")
    ] = None,
    seen_km: Annotated[
        float | None, typer.Option(min=0, max=20_000, help="How far from the read that was.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A model file from `learn`; else the one that ships."),
    ] = None,
    json: show.Json = False,
) -> None:
    """Why a read and a listed plate match or do not.

    The probability, the reason as the officer sees it, the evidence with its weights (natural log-odds),
    and the two plates character by character. With a pattern (`?` is one character, `*` any run; quote it
    for the shell) only the text as read, make and colour count.
    """
    from anpr_match.cli import explaining
    from anpr_match.domain.read import Vehicle

    vehicle = Vehicle(make=make, colour=colour) if make or colour else None
    told = explaining.explained(
        explaining.a_read(read, confidence, vehicle, reading or (), character or ()),
        explaining.Listed(plate, listed_make, listed_colour),
        engine,
        model,
        explaining.Past(seen_minutes, seen_km, seen_before),
    )
    if json:
        show.as_json(told)
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    if told["tier"] is None:
        print(f"no hit: {told['reason']}")
    else:
        print(f"{told['tier']}, {_percent(told['probability'])}: {told['reason']}")
    if told["evidence"]:
        print()
    width = max((len(factor["name"]) for factor in told["evidence"]), default=0)
    for factor in told["evidence"]:
        print(f"{factor['log_odds']:+7.2f}  {factor['name'].ljust(width)}  {factor['note']}")
    print()
    _print_characters(told["characters"])


def _print_characters(steps: list[dict[str, Any]]) -> None:
    # The star of a pattern has a whole run beside it.
    widths = [max(1, len(step["read"])) for step in steps]
    for name, signs in (
        ("listed", [step["listed"] or "·" for step in steps]),
        ("read", [step["read"] or "·" for step in steps]),
        ("", [_mark(step) for step in steps]),
    ):
        cells = [sign.ljust(width) for sign, width in zip(signs, widths, strict=True)]
        print(f"{name.ljust(7)} {' '.join(cells)}".rstrip())
    if any(_mark(step) == "~" for step in steps):
        print("~ cameras often take the one for the other")
    if any(step["open"] for step in steps):
        print("? and * are open: they take what was read")


def _percent(probability: float) -> str:
    """Rounding does not make a match certain."""
    return "over 99.9%" if probability > SURE else f"{probability:.1%}"


def _mark(step: dict[str, Any]) -> str:
    if step["listed"] == step["read"] or step["open"]:
        return " "
    return "~" if step["often"] else "^"
