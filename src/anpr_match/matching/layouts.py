"""Layouts of the marks of the United Kingdom, the Crown dependencies and Ireland.

The nine layouts of SI 2001/561, Schedule 3, with their rules of letters; Q marks, diplomatic, military
and trade plates; the islands; Ireland. A layout says which characters each place may hold, and which
pairs of neighbours are allowed or never issued. Where the rules are not published (military, trade,
the islands) the shapes are those commonly seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from anpr_match.matching import issued

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOT_ZERO = "123456789"
_NOT_IQ = "ABCDEFGHJKLMNOPRSTUVWXYZ"
_NOT_IQZ = "ABCDEFGHJKLMNOPRSTUVWXY"


def codes(listed: str) -> frozenset[str]:
    """The codes of a list with spaces between."""
    return frozenset(listed.split())


NI_CODES = codes(
    "AZ BZ CZ DZ EZ FZ GZ HZ JZ KZ LZ MZ NZ OZ PZ RZ SZ TZ UZ VZ WZ XZ YZ IA IB IG IJ IL IW JI OI UI XI"
)
"""County codes of Northern Ireland: each holds an I or a Z."""

_IRISH_OLD_CODES = codes(
    "AI BI CI DI EI FI HI KI LI MI NI PI RI SI TI VI WI ZI IC ID IE IF IH IK IM IN IO IP IR IS IT IU IX IY "
    "IZ ZA ZB ZC ZD ZE ZF ZH ZJ ZK ZL ZM ZN ZO ZP ZR ZS ZT ZU ZV ZW ZX ZY ZZ"
)
_IRISH_ONE = "CDGLTW"
_IRISH_TWO = codes("CE CN CW DL KE KK KY LD LH LK LM LS MH MN MO OY RN SO TN TS WD WH WW WX ZV ZZ")
_MANX = frozenset(["MN"])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two neighbouring characters, the first at `place`, that must be (or with `never` must not be)
    one of `texts`."""

    place: int
    texts: frozenset[str]
    never: bool = False

    def allow(self, text: str) -> bool:
        return (text[self.place : self.place + 2] in self.texts) != self.never


@dataclass(frozen=True, slots=True)
class Layout:
    """One shape of a format: the characters allowed at each place, and pairs that bind neighbours."""

    format: str
    country: str
    places: tuple[str, ...]
    pairs: tuple[Pairs, ...] = ()

    def fits(self, vrm: str) -> bool:
        if len(vrm) != len(self.places):
            return False
        characters_fit = all(c in allowed for c, allowed in zip(vrm, self.places, strict=True))
        return characters_fit and all(pairs.allow(vrm) for pairs in self.pairs)


def number(digits: int) -> tuple[str, ...]:
    """Places of a number of so many digits that does not begin with 0."""
    return (NOT_ZERO, *[DIGITS] * (digits - 1))


def british(on: date) -> list[Layout]:
    """The layouts 1 to 9 of the schedule and the Q marks, as issued by that day."""
    return [*_current(on), *_dated(on), *_dateless(), *_northern_ireland(), *_q()]


def _current(on: date) -> Iterator[Layout]:
    ages = Pairs(2, frozenset(issued.identifiers(on)))
    tag = (_NOT_IQZ, _NOT_IQZ)
    yield Layout("current", "GB", (*tag, DIGITS, DIGITS, _NOT_IQ, _NOT_IQ, _NOT_IQ), (ages,))


def _dated(on: date) -> Iterator[Layout]:
    front = "".join(letter for letter, first in issued.PREFIX_FROM.items() if first <= on)
    behind = "".join(letter for letter, first in issued.SUFFIX_FROM.items() if first <= on)
    serial = (_NOT_IQ, _NOT_IQ, _NOT_IQ)
    for digits in (1, 2, 3):
        yield Layout("prefix", "GB", (front, *number(digits), *serial))
        # A serial that ends in MN is the Isle of Man's.
        yield Layout("suffix", "GB", (*serial, *number(digits), behind), (Pairs(1, _MANX, never=True),))


def _dateless() -> Iterator[Layout]:
    # Letters I, Q and Z belong to Ireland; MN and MAN to the Isle of Man.
    for letters in (1, 2, 3):
        for digits in (1, 2, 3, 4):
            if letters == 3 and digits == 4:
                continue
            code = (_NOT_IQZ,) * letters
            pairs = () if letters == 1 else (letters - 2,)
            yield Layout(
                "dateless",
                "GB",
                (*code, *number(digits)),
                tuple(Pairs(place, _MANX, never=True) for place in pairs),
            )
            yield Layout(
                "dateless",
                "GB",
                (*number(digits), *code),
                tuple(Pairs(digits + place, _MANX, never=True) for place in pairs),
            )


def _coded(format_name: str, country: str, codes: frozenset[str]) -> Iterator[Layout]:
    """A two-letter code, with or without one letter in front, and up to four digits on either side."""
    either = ("".join(sorted({code[0] for code in codes})), "".join(sorted({code[1] for code in codes})))
    for digits in (1, 2, 3, 4):
        for front in ((), (_NOT_IQZ,)):
            before, after = len(front), digits + len(front)
            yield Layout(format_name, country, (*front, *either, *number(digits)), (Pairs(before, codes),))
            yield Layout(format_name, country, (*number(digits), *front, *either), (Pairs(after, codes),))


def _northern_ireland() -> Iterator[Layout]:
    return _coded("northern_ireland", "GB", NI_CODES)


def _q() -> Iterator[Layout]:
    for digits in (1, 2, 3):
        yield Layout("q", "GB", ("Q", *number(digits), _NOT_IQ, _NOT_IQ, _NOT_IQ))


def special() -> list[Layout]:
    """Diplomatic, military and trade plates."""
    three = (DIGITS, DIGITS, DIGITS)
    letters, digits = (LETTERS, LETTERS), (DIGITS, DIGITS)
    return [
        Layout("diplomatic", "GB", (*number(3), "DX", *three)),
        Layout("military", "GB", (*letters, *digits, *letters)),
        Layout("military", "GB", (*digits, *letters, *digits)),
        Layout("trade", "GB", (DIGITS,) * 5),
    ]


def crown_dependencies() -> list[Layout]:
    """Isle of Man (IM), Jersey (JE), Guernsey and Alderney (GG)."""
    found = [Layout("crown_dependency", "JE", ("J", *number(digits))) for digits in range(1, 7)]
    found += [Layout("crown_dependency", "GG", number(digits)) for digits in range(1, 6)]
    found += [Layout("crown_dependency", "GG", ("A", "Y", *number(digits))) for digits in range(1, 5)]
    for digits in range(1, 5):
        for code in (("M", "N"), ("M", "A", "N"), (_NOT_IQZ, "M", "N")):
            found.append(Layout("crown_dependency", "IM", (*code, *number(digits))))
            found.append(Layout("crown_dependency", "IM", (*number(digits), *code)))
            if digits < 4:
                found.append(Layout("crown_dependency", "IM", (*code, *number(digits), _NOT_IQZ)))
    return found


def ireland(on: date) -> list[Layout]:
    """Year, county and number since 1987, with the half-year since 2013; and the letters of before."""
    before_halves = Pairs(0, frozenset(f"{year % 100:02d}" for year in range(1987, 2013)))
    years = Pairs(0, frozenset(f"{year % 100:02d}" for year in range(2013, on.year + 1)))
    found = []
    for digits in range(1, 7):
        for year, half, pairs in ((2, (), before_halves), (3, ("12",), years)):
            front = (DIGITS, DIGITS, *half)
            found.append(Layout("ireland", "IE", (*front, _IRISH_ONE, *number(digits)), (pairs,)))
            two = (*front, LETTERS, LETTERS, *number(digits))
            found.append(Layout("ireland", "IE", two, (pairs, Pairs(year, _IRISH_TWO))))
    return [*found, *_coded("ireland", "IE", _IRISH_OLD_CODES)]
