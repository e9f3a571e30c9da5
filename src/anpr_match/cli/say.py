"""Words for the person at the terminal; what programs read goes to standard output."""

import sys


def complain(sentence: str) -> None:
    """One line on standard error."""
    print(f"anpr-match: {sentence}", file=sys.stderr)
