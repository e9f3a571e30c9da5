"""Characters that stand for a plate's letters and digits: other scripts, and what cameras confuse."""

import unicodedata

SEPARATORS = frozenset(" \t\n\r\v\f-._·•\u00a0\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u200b\ufeff")
WILDCARDS = frozenset("?*")

CLASSES = ("0ODQ", "1IL", "2Z", "5S", "8B", "6G")
"""What readers of plates take for one another most; the British face draws 0/O and 1/I alike."""

FOLD = bytes.maketrans(
    b"".join(group.encode() for group in CLASSES),
    b"".join(group[:1].encode() * len(group) for group in CLASSES),
)
"""Puts each class into its first character."""


def plain(character: str) -> str | None:
    """The one letter or digit that this character stands for, or None."""
    folded = unicodedata.normalize("NFKC", character).upper()
    return folded if len(folded) == 1 and folded.isascii() and folded.isalnum() else None
