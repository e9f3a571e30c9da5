"""The background: how likely a read of just this text is when the vehicle is not the listed one.

Two ways lead to it: another vehicle's plate, read right (`own`), or any plate, misread (`misread`). Both
are densities over texts, by the shape of the text (which places hold digits, which letters) and by the
characters seen at each place of that shape. Shapes never seen fall back to a density by length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.matching import channel
from anpr_match.matching.channel import ALPHABET, LENGTH_MAX, LETTERS, Codes, Floats, Ints

SHAPE_COUNT_MIN = 5
"""Shapes seen less often are left to the fallback."""
SMOOTHING = 0.05
"""Added to each count of a character at a place of a shape."""
_PLACES = np.arange(LENGTH_MAX)
_THREES = 3 ** np.arange(LENGTH_MAX, dtype=np.int64)
_CHARACTERS = np.frombuffer(ALPHABET.encode(), np.uint8)
_KIND = np.array([1] * 10 + [2] * (LETTERS - 10) + [0], np.int64)


@dataclass(frozen=True, slots=True)
class Density:
    """Log densities: of each shape's texts by place and character, and by length and character.

    `shapes` (sorted) are keys as `shape_keys` makes them; `share` their log shares; `places`
    (shapes, LENGTH_MAX, 37) log chances of a character. `by_length` (LENGTH_MAX + 1) and `anywhere`
    (37) make the fallback. The padding code costs nothing.
    """

    shapes: Ints
    share: Floats
    places: Floats
    by_length: Floats
    anywhere: Floats

    def log_density(self, codes: Codes) -> Floats:
        """Natural logarithm of the density at each text: (n)."""
        return log_densities((self,), codes)[0]


def log_densities(densities: Sequence[Density], codes: Codes) -> list[Floats]:
    """The densities at the same texts, each as `Density.log_density` gives it."""
    keys, length = shape_keys(codes), channel.lengths(codes)
    return [_log_density(density, codes, keys, length) for density in densities]


def _log_density(density: Density, codes: Codes, keys: Ints, length: Ints) -> Floats:
    fallback: Floats = density.by_length[length] + density.anywhere.take(codes).sum(axis=1)
    if not len(density.shapes):
        return fallback
    at = np.minimum(density.shapes.searchsorted(keys), len(density.shapes) - 1)
    by_shape = density.share[at] + density.places[at[:, None], _PLACES, codes].sum(axis=1)
    known: Floats = np.where(density.shapes[at] == keys, np.logaddexp(by_shape, fallback), fallback)
    return known


def shape_keys(codes: Codes) -> Ints:
    """One integer for each text's shape: base-3 digits, 0 nothing, 1 a digit, 2 a letter."""
    keys: Ints = _KIND.take(codes) @ _THREES
    return keys


def count(texts: Sequence[str]) -> dict[str, list[list[int]]]:
    """Counts that a density is made of: for each shape, for each place, 36 counts of characters.

    Shapes are written with 0 for a digit and A for a letter. Rare shapes are counted together under
    the empty shape by length, as [length, count] pairs.
    """
    codes = channel.encode([text for text in texts if 0 < len(text) <= LENGTH_MAX])
    keys, inverse, counts = np.unique(shape_keys(codes), return_inverse=True, return_counts=True)
    result: dict[str, list[list[int]]] = {}
    rare = np.zeros(LENGTH_MAX + 1, np.int64)
    for at in range(len(keys)):
        own = codes[inverse == at]
        length = int(channel.lengths(own[:1])[0])
        if counts[at] < SHAPE_COUNT_MIN:
            rare[length] += int(counts[at])
            continue
        shape = "".join("0" if code < 10 else "A" for code in own[0, :length])
        result[shape] = [np.bincount(own[:, i], minlength=LETTERS).tolist() for i in range(length)]
    result[""] = [[length, int(n)] for length, n in enumerate(rare) if n]
    return result


def drawn(counts: Mapping[str, Sequence[Sequence[int]]], number: int, seed: int) -> list[str]:
    """So many texts of the shapes counted, each character drawn as it was counted at its place; some may
    come twice."""
    random = np.random.default_rng(seed)
    named = {shape: np.array(places, float) for shape, places in counts.items() if shape}
    seen = np.array([places[0].sum() for places in named.values()])
    texts: list[str] = []
    for places, of_shape in zip(named.values(), random.multinomial(number, seen / seen.sum()), strict=True):
        columns = [random.choice(_CHARACTERS, of_shape, p=place / place.sum()) for place in places]
        texts += map(bytes.decode, np.stack(columns, axis=1).view(f"S{len(places)}").ravel().tolist())
    return texts


def density(counts: Mapping[str, Sequence[Sequence[int]]], fallback_share: float) -> Density:
    """The density of these counts; `fallback_share` of it is spread by length over all texts."""
    named = [(shape, np.array(places, float)) for shape, places in counts.items() if shape]
    total = sum(places[0].sum() for _, places in named) + sum(n for _, n in counts.get("", ()))
    by_length, anywhere = np.full(LENGTH_MAX + 1, 0.5), np.ones(LETTERS)
    keys, shares, tables = [], [], []
    for shape, places in named:
        keys.append(int(shape_keys(channel.encode([shape]))[0]))
        shares.append(np.log((1 - fallback_share) * places[0].sum() / total))
        table = np.zeros((LENGTH_MAX, LETTERS + 1))
        smooth = places + SMOOTHING
        table[: len(shape), :LETTERS] = np.log(smooth / smooth.sum(axis=1, keepdims=True))
        tables.append(table)
        by_length[len(shape)] += places[0].sum()
        anywhere += places.sum(axis=0)
    for length, n in counts.get("", ()):
        by_length[length] += n
    order = np.argsort(keys)
    return Density(
        shapes=np.array(keys, np.int64)[order],
        share=np.array(shares)[order],
        places=np.array(tables).reshape(-1, LENGTH_MAX, LETTERS + 1)[order],
        by_length=np.log(fallback_share * by_length / by_length.sum()),
        anywhere=np.append(np.log(anywhere / anywhere.sum()), 0.0),
    )
