"""The command line: one module a noun; what is heavy is imported inside the command that needs it."""

from anpr_match.cli.start import main

__all__ = ["main"]
