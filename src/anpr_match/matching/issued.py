"""What was issued when: age identifiers and year letters of British marks.

Source: DVLA leaflet INF104; for the suffix and prefix letters the years as commonly published.
"""

from datetime import date

_FIRST_YEAR = 2001

PREFIX_FROM = {
    **{letter: date(1983 + i, 8, 1) for i, letter in enumerate("ABCDEFGHJKLMNPRS")},
    "T": date(1999, 3, 1),
    "V": date(1999, 9, 1),
    "W": date(2000, 3, 1),
    "X": date(2000, 9, 1),
    "Y": date(2001, 3, 1),
}
"""First day of each year letter in front (A, August 1983, to Y, until August 2001)."""

SUFFIX_FROM = {
    **{letter: date(1963 + i, 1, 1) for i, letter in enumerate("ABCDE")},
    **{letter: date(1967 + i, 8, 1) for i, letter in enumerate("FGHJKLMNPRSTVWXY")},
}
"""First day of each year letter behind (A, 1963, to Y, until July 1983)."""


def identifiers(on: date) -> dict[str, date]:
    """Age identifiers of the current format issued by that day, each with its first day.

    March to August the year's last two digits, September to February fifty more: 51 from September
    2001, 02 from March 2002. The series ends with 50 in March and 00 in September 2050.
    """
    issued: dict[str, date] = {}
    for year in range(_FIRST_YEAR, 2051):
        for first, identifier in (
            (date(year, 3, 1), year % 100),
            (date(year, 9, 1), (year + 50) % 100),
        ):
            if date(_FIRST_YEAR, 9, 1) <= first <= on:
                issued[f"{identifier:02d}"] = first
    return issued
