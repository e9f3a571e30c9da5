"""Where the command line starts, and where everything it can raise ends as one line on standard error."""

import os
import sys

from anpr_match import __version__
from anpr_match.cli import catalogue, processor
from anpr_match.cli.say import complain
from anpr_match.domain import errors

BAD = 1
WRONG_USAGE = 2
INTERRUPTED = 130
COMPLETING = "_ANPR_MATCH_COMPLETE"
"""Set by the shell when it asks for completions."""


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    arguments = sys.argv[1:]
    asked_for_help = arguments in (["--help"], ["-h"])
    if asked_for_help or (not arguments and COMPLETING not in os.environ):
        print(catalogue.help_text())
        sys.exit(0 if asked_for_help else WRONG_USAGE)
    if arguments == ["--version"]:
        print(__version__)
        sys.exit(0)
    sys.exit(run())


def run() -> int:
    """Run the command; whatever it raises for the person at the terminal becomes a line and a code."""
    processor.settle()
    from anpr_match.cli.app import app

    try:
        app(prog_name="anpr-match")
    except errors.Refused as refused:
        for problem in refused.problems:
            named = problem.pointer.lstrip("/")
            complain(f"{named}: {problem.detail}" if named else problem.detail)
        return BAD
    except errors.AnprMatchError as error:
        complain(error.detail)
        return BAD
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return BAD
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0
