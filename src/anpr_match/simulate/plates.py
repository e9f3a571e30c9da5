"""Invented plates that no vehicle can bear.

The age identifiers 00, 01 and 50 have never been issued (DVLA leaflet INF104: the series ran from 51
in September 2001 and ends with 50 in March 2050 and 00 in September 2050).
"""

import random

LISTED_AGES = ("01", "50")
TRAFFIC_AGES = ("00",)
"""Traffic has an age of its own, so that it is never one of the listed plates."""

_TAG_LETTERS = "ABCDEFGHKLMNOPRSVWY"
_SERIAL_LETTERS = "BCDFGHJKLMNPRSTVWXYZ"
"""Without vowels, so that no serial is a word."""


def mark(chance: random.Random, ages: tuple[str, ...], serial_letter: str = "") -> str:
    """A mark such as "AB01 CDE"; with `serial_letter` as the middle letter of the last three."""
    serial = chance.choices(_SERIAL_LETTERS, k=3)
    if serial_letter:
        serial[1] = serial_letter
    return f"{''.join(chance.choices(_TAG_LETTERS, k=2))}{chance.choice(ages)} {''.join(serial)}"
