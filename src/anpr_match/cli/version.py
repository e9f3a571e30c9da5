"""`anpr-match version`."""

import platform

from anpr_match import __version__
from anpr_match.cli import show


def version(json: show.Json = False) -> None:
    facts = {"version": __version__, "python": platform.python_version(), "platform": platform.platform()}
    if json:
        show.as_json(facts)
    else:
        print(__version__)
