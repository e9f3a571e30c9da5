"""Characters that stand for a plate's letters and digits: other scripts, and what cameras confuse."""

import unicodedata

SEPARATORS = frozenset(" \t\n\r\v\f-._·•\u00a0\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u200b\ufeff")
WILDCARDS = frozenset("?*")


def plain(character: str) -> str | None:
    """The one letter or digit that this character stands for, or None."""
    folded = unicodedata.normalize("NFKC", character).upper()
    return folded if len(folded) == 1 and folded.isascii() and folded.isalnum() else None
