"""Characters that stand for a plate's letters and digits: other scripts, and what cameras confuse.

Everything here is an explicit table. Unicode's own "confusable skeletons" (UTS 39) are not used: they
are made for comparing, and fold ASCII digits into letters.
"""

import unicodedata

CLASSES = ("0ODQ", "1IL", "2Z", "5S", "8B", "6G")
"""What readers of plates take for one another most; the British face draws 0/O and 1/I alike."""

FOLD = bytes.maketrans(
    b"".join(group.encode() for group in CLASSES),
    b"".join(group[:1].encode() * len(group) for group in CLASSES),
)
"""Puts each class into its first character."""

WILDCARDS = frozenset("?*")
"""A camera's or an analyst's sign for an unread character: dropping one forges a shorter plate."""

_SPACES = " \t\n\r\v\f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DASHES = "-_\u00ad\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d\uff3f"
_DOTS = ".\u00b7\u2022\u2024\u2027\u2219\u22c5\u30fb\uff0e\uff65"
_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"


def _spelled_out(ranges: str) -> frozenset[str]:
    """The characters of a list in which `a-c` is a range; a dash at the beginning is itself."""
    kept: set[str] = set()
    for i, character in enumerate(ranges):
        if character == "-" and 0 < i < len(ranges) - 1:
            kept.update(map(chr, range(ord(ranges[i - 1]), ord(ranges[i + 1]))))
        else:
            kept.add(character)
    return frozenset(kept)


SEPARATORS = (
    _spelled_out(_SPACES) - {"-"}
    | _spelled_out(_DASHES)
    | _spelled_out(_DOTS)
    | _spelled_out(_UNSEEN) - {"-"}
)
"""What stands between the groups of a plate and means nothing: spaces, dashes, dots, unseen marks."""

_SCRIPTS = (
    # Cyrillic, with the letters of its neighbours; small letters come here by their capitals.
    ("АВЕЅІЈӀКМНОРСТУҮХԚԜЗ", "ABESIJIKMHOPCTYYXQW3"),
    # Greek. Not the small nu, eta, mu and upsilon: they look like v, n, u and u, and mean N, H, M and Y.
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ABEZHIKMNOPTYXC"),
    # Cherokee.
    ("ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᏀᏃᏎᏒᏔᏕᏙᏚᏞᏟᏢᏦᏮᏳᏴ", "DRTIYAJEWMHYGZ4RWSVSLCPK6GB"),
    # Arabic-Indic digits, and those of Persian and Urdu.
    ("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789"),
    # Latin: the dotless i, and the German letters that a reader limited to A-Z gives without dots.
    ("ıÄÖÜ", "IAOU"),
)
_TABLE = {strange: plain for row in _SCRIPTS for strange, plain in zip(*row, strict=True)}
_MISLEADING = frozenset("νημυ\u00b5")


def plain(character: str) -> str | None:
    """The letter, digit or wildcard that this one character stands for; None when it stands for none,
    or for several (a ligature, the sharp s)."""
    if character in _TABLE:
        return _TABLE[character]
    if character in _MISLEADING:
        return None
    # Compatibility forms: full-width, circled, mathematical, superscript, the Kelvin sign.
    folded = unicodedata.normalize("NFKC", character).upper()
    if len(folded) != 1:
        return None
    if folded.isascii():
        return folded if folded.isalnum() or folded in WILDCARDS else None
    return _TABLE.get(folded)
