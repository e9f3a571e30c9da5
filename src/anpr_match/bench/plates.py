"""Plates for measurements: a made-up fleet by the grammar, and reads of it with errors. Seeded."""

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from anpr_match.matching import grammar, issued, layouts
from anpr_match.matching.layouts import Layout

AS_OF = date(2026, 11, 22)
_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", np.uint8)
_WIDTH = 8
_SPARE = 1.1
"""Made in excess, since a few come out twice."""

Generator = np.random.Generator
Texts = npt.NDArray[np.uint8]


def fleet(count: int, seed: int) -> list[str]:
    """So many different British plates in random order, formats in the shares of `grammar.SHARES`."""
    random = np.random.default_rng(seed)
    found = np.empty(0, "<u8")
    while len(found) < count:
        wanted = int((count - len(found)) * _SPARE) + 64
        found = np.unique(np.concatenate((found, _batch(random, wanted).view("<u8").ravel())))
    random.shuffle(found)
    return texts(found[:count].copy().view(np.uint8).reshape(-1, _WIDTH))


def texts(characters: Texts) -> list[str]:
    """Rows of ASCII codes, 0 behind the end, as strings."""
    packed = np.ascontiguousarray(characters).view(f"S{characters.shape[1]}").ravel()
    return [text.decode("ascii") for text in packed.tolist()]


def _batch(random: Generator, count: int) -> Texts:
    british = layouts.british(AS_OF)
    sizes = [float(math.prod(len(allowed) for allowed in layout.places)) for layout in british]
    totals = dict.fromkeys(grammar.SHARES, 0.0)
    for layout, size in zip(british, sizes, strict=True):
        totals[layout.format] += size
    shares = [
        grammar.SHARES[layout.format] * size / totals[layout.format]
        for layout, size in zip(british, sizes, strict=True)
    ]
    counts = random.multinomial(count, np.array(shares) / sum(shares))
    drawn = [_drawn(random, layout, int(n)) for layout, n in zip(british, counts, strict=True)]
    return np.concatenate(drawn)


def _drawn(random: Generator, layout: Layout, count: int) -> Texts:
    rows = np.zeros((count, _WIDTH), np.uint8)
    for place, allowed in enumerate(layout.places):
        rows[:, place] = random.choice(np.frombuffer(allowed.encode(), np.uint8), count)
    for pairs in layout.pairs:
        if not pairs.never:
            some = sorted(pairs.texts)
            weights = _age_weights(some) if layout.format == "current" else None
            codes = np.array([list(text.encode()) for text in some], np.uint8)
            rows[:, pairs.place : pairs.place + 2] = codes[random.choice(len(some), count, p=weights)]
    return rows


def _age_weights(ages: Sequence[str]) -> npt.NDArray[np.float64]:
    """Old vehicles are fewer: the survival that `grammar` supposes too."""
    first = issued.identifiers(AS_OF)
    years = np.array([(AS_OF - first[age]).days / 365.25 for age in ages])
    alive: npt.NDArray[np.float64] = np.exp(-((years / 14) ** 3))
    alive /= alive.sum()
    return alive


def misread(random: Generator, plate: str) -> str:
    """The plate with one error: mostly a character misread, else one lost or added."""
    place = int(random.integers(len(plate)))
    other = chr(random.choice(_ALPHABET))
    kind = random.random()
    if kind < 0.7:
        return plate[:place] + other + plate[place + 1 :]
    if kind < 0.9 and len(plate) > 1:
        return plate[:place] + plate[place + 1 :]
    return plate[:place] + other + plate[place:]


def stream(off_list: Sequence[str], listed: Sequence[str], share: float, seed: int) -> list[str]:
    """Reads of vehicles not listed, and among them `share` misread ones of listed vehicles."""
    random = np.random.default_rng(seed)
    reads = list(off_list)
    for i in np.flatnonzero(random.random(len(reads)) < share).tolist():
        reads[i] = misread(random, listed[int(random.integers(len(listed)))])
    return reads
