"""`anpr-match config`: what the settings are, where each comes from, and a sample to start from."""

import typer

from anpr_match.cli import show
from anpr_match.cli.say import complain

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.command("show")
def show_settings(json: show.Json = False) -> None:
    """Every setting, its value and where it comes from.

    Secrets are hidden. Variables that carry our prefix and fit no setting are named.
    """
    from anpr_match.cli import loaded, sources

    values = sources.explained(loaded.settings())
    if json:
        show.as_json([value.as_dict() for value in values])
    else:
        show.as_table([value.as_dict() for value in values], ["variable", "value", "source"], "")
    for name in sources.unknown():
        complain(f"{name} is set and fits no setting")


@app.command()
def sample() -> None:
    """A .env with every setting at its default, each with what it does."""
    from anpr_match.cli import sources

    print(sources.sample(), end="")
