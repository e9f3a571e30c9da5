"""`anpr-match serve`."""

from typing import Annotated

import typer


def serve(
    roles: Annotated[
        str, typer.Option(help="What this process does; default all of it.")
    ] = "ingest,match,feed,web,archive",
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.  [default: ANPR_HTTP__HOST]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 takes a free one.  [default: ANPR_HTTP__PORT]")
    ] = None,
) -> None:
    """Run the service until SIGTERM or Ctrl-C."""
    from anpr_match.bootstrap import service
    from anpr_match.cli import loaded
    from anpr_match.telemetry import logging

    chosen = frozenset(role.strip() for role in roles.split(",") if role.strip())
    settings = loaded.settings(host=host, port=port)
    logging.set_up(settings.log.level, settings.log.format)
    service.run(settings, chosen)
