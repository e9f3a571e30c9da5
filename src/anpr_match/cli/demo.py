"""`anpr-match demo`: the whole service with simulated cameras, to look at."""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

HOST = "127.0.0.1"
"""The demonstration signs in whoever opens its page, so it listens on this machine only."""

FASTEST_KMH = 100_000.0


def demo(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8000,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    data: Annotated[Path, typer.Option(help="Folder that keeps everything.")] = Path("anpr-data/demo"),
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
) -> None:
    """Run the service on its embedded parts, with Operation Astare at its doors, until Ctrl-C."""
    import asyncio

    from anpr_match.bootstrap.service import service
    from anpr_match.cli import loaded
    from anpr_match.demo import show
    from anpr_match.demo.access import Access
    from anpr_match.settings import Database, Kafka, Sightings
    from anpr_match.telemetry import logging

    settings = loaded.settings(host=HOST, port=port).model_copy(
        update={
            "data": loaded.settings().data.model_copy(update={"dir": data}),
            "database": Database(),
            "kafka": Kafka(),
            # Its journeys are sped up: a car is at the next camera long before it can be.
            "sightings": Sightings(fastest_kmh=FASTEST_KMH),
        }
    )
    logging.set_up("warning", "console")

    def welcome(url: str, access: Access) -> None:
        print(_welcome(url, access.tokens, data), flush=True)
        if not no_browser and _has_display():
            webbrowser.open(url)

    asyncio.run(show.run(service(settings), show.Options(data, seed, welcome)))


def _welcome(url: str, tokens: dict[str, str], folder: Path) -> str:
    return f"""
anpr-match demonstration: {url}/

Open that address in a browser on this machine: it is signed in as HERTS CH-32 by itself.
One ready sign-in for each role (also in {folder / "demo.json"}):

  patrol    {tokens["patrol"]}
            paste it into the sign-in page at {url}/
  analyst   {tokens["analyst"]}
            curl -H "Authorization: Bearer {tokens["analyst"]}" "{url}/v1/watchlist/entries?state=active"
  camera    {tokens["camera"]}
            curl -H "Authorization: Bearer {tokens["camera"]}" -H "Content-Type: application/json" \\
              -d '{{"camera_id":"HERTS-CH32","captured_at":"2026-01-01T12:00:00Z","plate":"AB01 CDE"}}' \\
              "{url}/v1/reads?dry_run=true"
  operator  {tokens["operator"]}
            curl -H "Authorization: Bearer {tokens["operator"]}" {url}/v1/cameras

Every plate is one that cannot have been issued; everything else is invented. Ctrl-C stops it."""


def _has_display() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
