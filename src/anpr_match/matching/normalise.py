"""Text to comparable plate: the one function, for reads and for the watchlist alike.

A character that is not understood is never dropped: dropping it would forge a shorter plate, which
often is another valid one. It is either one of the tables' look-alikes, or the text is refused.
"""

import re
import unicodedata
from collections.abc import Sequence

from anpr_match.domain.plate import Plate
from anpr_match.matching import lookalikes

_UPPER = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ASCII_SEPARATORS = "".join(c for c in lookalikes.SEPARATORS if c.isascii() and c != "\n").encode()
_COMPARABLE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\n"


def normalise(text: str) -> Plate:
    """The plate of a text, `vrm` in A-Z0-9, or None with a sentence that says why."""
    if text.isascii() and text.isalnum() and text.isupper():
        return Plate(text, text)
    return _comparable(text, wildcards=False)


def normalise_pattern(text: str) -> Plate:
    """The comparable form of a pattern: as `normalise`, but `?` and `*` stand, and runs of stars are one."""
    plate = _comparable(text, wildcards=True)
    if plate.vrm is None:
        return plate
    if not plate.vrm.strip("?*"):
        return Plate(text, None, "a pattern names at least one character of the plate")
    return Plate(text, re.sub(r"\*+", "*", plate.vrm))


def _comparable(text: str, wildcards: bool) -> Plate:
    kept: list[str] = []
    # Composed first, so that a letter and its accent are one character, which is refused as a whole.
    for character in unicodedata.normalize("NFC", text):
        if character in lookalikes.SEPARATORS:
            continue
        plain = lookalikes.plain(character)
        if plain is None:
            return Plate(text, None, f"{_named(character)} is not a character of a plate")
        if plain in lookalikes.WILDCARDS and not wildcards:
            return Plate(text, None, f"{plain} stands for an unread character: only a pattern may hold it")
        kept.append(plain)
    if not kept:
        return Plate(text, None, "it holds no character of a plate")
    return Plate(text, "".join(kept))


def _named(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()


def normalise_many(texts: Sequence[str]) -> list[str | None]:
    """`normalise(text).vrm` for each text, an order of magnitude faster: case and ASCII separators are
    settled for the whole batch at once, and only what is then still odd is looked at text by text."""
    if not texts:
        return []
    # What is not ASCII becomes a question mark, which is odd.
    raw = "\n".join(texts).encode("ascii", "replace")
    if raw.count(b"\n") != len(texts) - 1:
        return [normalise(text).vrm for text in texts]
    clean = raw.translate(_UPPER, _ASCII_SEPARATORS)
    vrms: list[str | None] = list(texts) if clean == raw else [*clean.decode("ascii").split("\n")]
    if clean.translate(None, _COMPARABLE) or b"\n\n" in b"\n" + clean + b"\n":
        for i in _odd(clean):
            vrms[i] = normalise(texts[i]).vrm
    return vrms


def _odd(clean: bytes) -> list[int]:
    """Which of the lines are empty or hold anything but A-Z0-9."""
    lines = clean.split(b"\n")
    return [i for i, line in enumerate(lines) if not line or line.translate(None, _COMPARABLE)]
