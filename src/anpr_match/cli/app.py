"""The commands, hung up under the names and lines of the catalogue."""

from collections.abc import Callable

import typer

from anpr_match.cli import (
    asyncapi,
    audit,
    bench,
    camera,
    catalogue,
    config,
    db,
    dead_letters,
    demo,
    doctor,
    explain,
    hits,
    openapi,
    plate,
    replay,
    serve,
    simulate,
    token,
    unit,
    version,
    watchlist,
)

PLAIN: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "serve": serve.serve,
    "simulate": simulate.simulate,
    "replay": replay.replay,
    "learn": replay.learn,
    "evaluate": replay.evaluate,
    "explain": explain.explain,
    "plate": plate.plate,
    "doctor": doctor.doctor,
    "openapi": openapi.openapi,
    "asyncapi": asyncapi.asyncapi,
    "version": version.version,
}
"""Commands of one word."""

NOUNS = {
    "camera": camera.app,
    "unit": unit.app,
    "token": token.app,
    "watchlist": watchlist.app,
    "hits": hits.app,
    "db": db.app,
    "dead-letters": dead_letters.app,
    "audit": audit.app,
    "bench": bench.app,
    "config": config.app,
}
"""Commands of a noun and a verb."""


def _app() -> typer.Typer:
    # Plain help: rich would take as long to load as the rest of the command line together.
    made = typer.Typer(
        name="anpr-match",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    for name in catalogue.names():
        if name in NOUNS:
            made.add_typer(NOUNS[name], name=name, help=catalogue.line_of(name))
        else:
            line = catalogue.line_of(name)
            made.command(name, help=PLAIN[name].__doc__ or line, short_help=line)(PLAIN[name])
    return made


app = _app()
