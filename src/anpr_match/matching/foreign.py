"""Shapes of European plates that are seen on British roads.

A shape is a hint, never proof: Romania's is that of a current British mark. `@` is a letter, `#` a
digit. Shapes are facts of public record; letter rules are given where they are well known.
"""

from anpr_match.matching.layouts import DIGITS, LETTERS, Layout, Pairs, codes, number

_SHAPES = {
    "BE": "#@@@### @@@### ###@@@",
    "BG": "@####@@ @@####@@",
    "CZ": "#@##### #@@#### @@@####",
    "DK": "@@#####",
    "EE": "###@@@",
    "FI": "@@@###",
    "HU": "@@@### @@@@###",
    "LT": "@@@###",
    "LU": "@@####",
    "LV": "@@#### @@### @@##",
    "NO": "@@#####",
    "PT": "@@##@@ ##@@## ####@@ @@####",
    "SE": "@@@### @@@##@",
    "SI": "@@@@### @@###@@",
    "SK": "@@###@@",
}
_DUTCH = "@@#### ####@@ ##@@## @@##@@ @@@@## ##@@@@ ##@@@# #@@@## @@###@ @###@@ @@@##@ @##@@@ #@@### ###@@#"
_DUTCH_LETTERS = "BDFGHJKLMNPRSTVWXZ"
_FRENCH_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
_ITALIAN_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
_SPANISH_LETTERS = "BCDFGHJKLMNPRSTVWXYZ"
_ROMANIAN_COUNTIES = codes(
    "AB AG AR BC BH BN BR BT BV BZ CJ CL CS CT CV DB DJ GJ GL GR HD HR IF IL IS MH MM MS NT OT PH SB SJ SM "
    "SV TL TM TR VL VN VS"
)
_GERMAN_LENGTH_MAX = 8
_POLISH_LENGTHS = ((2, 5), (3, 4), (3, 5))


def _shaped(country: str, shape: str, letters: str = LETTERS) -> Layout:
    return Layout("foreign", country, tuple(letters if place == "@" else DIGITS for place in shape))


def _german() -> list[Layout]:
    """One to three letters of the district, one or two more, and a number."""
    return [
        Layout("foreign", "DE", (*[LETTERS] * letters, *number(digits)))
        for letters in range(2, 6)
        for digits in range(1, 5)
        if letters + digits <= _GERMAN_LENGTH_MAX
    ]


def _romanian() -> list[Layout]:
    county = (LETTERS, LETTERS)
    return [
        Layout("foreign", "RO", (*county, DIGITS, DIGITS, *[LETTERS] * 3), (Pairs(0, _ROMANIAN_COUNTIES),)),
        Layout("foreign", "RO", ("B", *[DIGITS] * 2, *[LETTERS] * 3)),
        Layout("foreign", "RO", ("B", *[DIGITS] * 3, *[LETTERS] * 3)),
    ]


def _polish() -> list[Layout]:
    """Two or three letters of the district, then digits that end in up to three letters."""
    return [
        Layout("foreign", "PL", (*[LETTERS] * district, *[DIGITS] * (rest - behind), *[LETTERS] * behind))
        for district, rest in _POLISH_LENGTHS
        for behind in range(3)
    ]


def european() -> list[Layout]:
    """Layouts of the countries whose vehicles are most seen."""
    found = [_shaped(country, shape) for country, shapes in _SHAPES.items() for shape in shapes.split()]
    found += [_shaped("NL", shape, _DUTCH_LETTERS) for shape in _DUTCH.split()]
    found.append(_shaped("FR", "@@###@@", _FRENCH_LETTERS))
    found.append(_shaped("IT", "@@###@@", _ITALIAN_LETTERS))
    found.append(_shaped("ES", "####@@@", _SPANISH_LETTERS))
    return [*found, *_german(), *_polish(), *_romanian()]
