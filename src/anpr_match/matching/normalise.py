"""Text to comparable plate: the one function, for reads and for the watchlist alike.

A character that is not understood is never dropped: dropping it would forge a shorter plate, which
often is another valid one. It is either one of the table's look-alikes, or the text is refused.
"""

import re
import unicodedata
from collections.abc import Sequence

from anpr_match.domain.plate import Plate
from anpr_match.matching import lookalikes

_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def normalise(text: str) -> Plate:
    """The plate of a text, `vrm` in A-Z0-9, or None with a sentence that says why."""
    if text.isascii() and text.isalnum() and text.isupper():
        return Plate(text, text)
    return _comparable(text, frozenset())


def normalise_pattern(text: str) -> Plate:
    """The comparable form of a pattern: as `normalise`, but `?` and `*` stand."""
    plate = _comparable(text, lookalikes.WILDCARDS)
    if plate.vrm is None:
        return plate
    if not plate.vrm.strip("?*"):
        return Plate(text, None, "a pattern names at least one character of the plate")
    return Plate(text, re.sub(r"\*[*]+", "*", plate.vrm))


def _comparable(text: str, allowed: frozenset[str]) -> Plate:
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if character in allowed:
            kept.append(character)
        elif character in lookalikes.WILDCARDS:
            return Plate(
                text, None, f"{character} stands for an unread character: only a pattern may hold it"
            )
        elif character not in lookalikes.SEPARATORS:
            plain = lookalikes.plain(character)
            if plain is None:
                return Plate(text, None, f"{_named(character)} is not a character of a plate")
            kept.append(plain)
    if not kept:
        return Plate(text, None, "it holds no character of a plate")
    return Plate(text, "".join(kept))


def normalise_many(texts: Sequence[str]) -> list[str | None]:
    """The comparable form of each text, None where it is refused: `normalise` for a batch."""
    return [
        text if text.isascii() and text.isalnum() and text.isupper() else normalise(text).vrm
        for text in texts
    ]


def _named(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()
