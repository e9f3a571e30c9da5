"""Patterns of partly known plates, thousands of them, against a batch of reads by masks on words.

`?` is one unknown character, `*` a run of them, none included. A pattern becomes one or more forms: the
known characters at their places from the left, those behind the last star at their places from the
right, and the lengths that fit. Forms that know the same places are looked up together, by a few of
those places; what that lets through is compared in full.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anpr_match.matching import packing
from anpr_match.matching.packing import LANE_BITS, LANES, Indices, Packed, Words

_LENGTH_MAX = 64
_KEY_LANES_MAX = 4
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_TABLE_BITS_MIN = 6


class Fit(NamedTuple):
    """Positions in the reads asked for, and beside them positions in the patterns."""

    read: Indices
    pattern: Indices


class _Form(NamedTuple):
    left_mask: int
    left: int
    right_mask: int
    right: int
    shortest: int
    longest: int


def _placed(part: str, lane: int) -> tuple[int, int]:
    """Mask and value of the known characters of `part` when it begins at `lane`."""
    mask = value = 0
    for i, character in enumerate(part, lane):
        if character != "?":
            mask |= 63 << LANE_BITS * i
            value |= (ord(character) & 63) << LANE_BITS * i
    return mask, value


def _forms(pattern: str) -> list[_Form]:
    """All forms of a pattern that a read of at most ten characters can fit."""
    head, *rest = pattern.split("*")
    shortest = len(pattern) - pattern.count("*")
    if shortest > LANES:
        return []
    left_mask, left = _placed(head, 0)
    if not rest:
        return [_Form(left_mask, left, 0, 0, len(head), len(head))]
    *middle, tail = rest
    right_mask, right = _placed(tail, LANES - len(tail))
    widest = max(middle, key=lambda part: len(part) - part.count("?"), default="")
    forms = []
    for lane in range(len(head), LANES - len(tail) - len(widest) + 1) if widest else [len(head)]:
        mask, value = _placed(widest, lane)
        least = max(shortest, lane + len(widest) + len(tail))
        forms.append(_Form(left_mask | mask, left | value, right_mask, right, least, LANES))
    return forms


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("?", ".").replace("*", ".*"), re.DOTALL)


def _key_masks(masks: Counter[int]) -> dict[int, int]:
    """For each mask one mask of at most four of its lanes, as few different ones as greed finds."""
    parts: dict[int, set[int]] = {}
    for mask in masks:
        lanes = [63 << LANE_BITS * i for i in range(LANES) if mask >> LANE_BITS * i & 63]
        chosen = combinations(lanes, min(_KEY_LANES_MAX, len(lanes)))
        for part in (sum(some) for some in chosen):
            parts.setdefault(part, set()).add(mask)
    keys: dict[int, int] = {}
    while len(keys) < len(masks):
        best = max(parts, key=lambda part: sum(masks[mask] for mask in parts[part] if mask not in keys))
        keys.update((mask, best) for mask in parts[best] if mask not in keys)
    return keys


class _Group:
    """Forms that are looked up by the same places, from the same side."""

    def __init__(self, mask: int, values: Words, forms: Indices) -> None:
        self._mask = np.uint64(mask)
        keys = (values & self._mask) * _FACTOR
        order = np.argsort(keys, kind="stable")
        self._keys, self._forms = keys[order], forms[order]
        bits = max(_TABLE_BITS_MIN, len(keys).bit_length() + 3)
        self._shift = np.uint64(64 - bits)
        self._seen = np.zeros(1 << bits, np.bool_)
        self._seen[(keys >> self._shift).astype(np.intp)] = True

    def find(self, words: Words) -> tuple[Indices, Indices]:
        """(read, form) of what may fit."""
        keys = (words & self._mask) * _FACTOR
        read = np.flatnonzero(self._seen[(keys >> self._shift).view(np.intp)])
        keys = keys[read]
        starts = np.searchsorted(self._keys, keys)
        counts = np.searchsorted(self._keys, keys, side="right") - starts
        each = np.repeat(np.arange(len(read)), counts)
        within = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
        return read[each], self._forms[starts[each] + within]


class PatternSet:
    """Immutable. `patterns` are comparable: `A-Z0-9?*`, as `normalise_pattern` gives them."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = list(patterns)
        compiled = [_forms(pattern) for pattern in patterns]
        forms = [form for some in compiled for form in some]
        table = np.array(forms, np.uint64).reshape(-1, 6).T
        self._left_mask, self._left, self._right_mask, self._right = table[:4]
        self._shortest, self._longest = table[4:].astype(np.intp)
        self._pattern_of = np.repeat(np.arange(len(patterns)), [len(some) for some in compiled])
        by_left = np.bitwise_count(self._left_mask) >= np.bitwise_count(self._right_mask)
        self._left_groups = _grouped(self._left_mask, self._left, np.flatnonzero(by_left))
        self._right_groups = _grouped(self._right_mask, self._right, np.flatnonzero(~by_left))
        # Only these can fit a read that has no word; and only these have parts that no form holds.
        self._open = [i for i, pattern in enumerate(patterns) if "*" in pattern or len(pattern) > LANES]
        self._loose = np.array([pattern.count("*") > 2 for pattern in patterns], np.bool_)

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, vrms: Sequence[str], packed: Packed) -> Fit:
        """Every (read, pattern) that fits, once, by read and then by pattern."""
        if not self._patterns:
            return Fit(packed.long[:0], packed.long[:0])
        words, lengths = packed.words, packed.lengths
        read, pattern = self._by_forms(words, lengths)
        for i in np.flatnonzero(self._loose[pattern])[::-1].tolist():
            if not _expression(self._patterns[pattern[i]]).fullmatch(vrms[read[i]]):
                read, pattern = np.delete(read, i), np.delete(pattern, i)
        more = [
            (i, p)
            for i in packed.long.tolist()
            for p in self._open
            if len(vrms[i]) <= _LENGTH_MAX and _expression(self._patterns[p]).fullmatch(vrms[i])
        ]
        if not more:
            return Fit(read, pattern)
        long_read, long_pattern = np.array(more, np.intp).T
        return Fit(np.concatenate((read, long_read)), np.concatenate((pattern, long_pattern)))

    def _by_forms(self, words: Words, lengths: Indices) -> Fit:
        free = (LANES - np.minimum(lengths, LANES)).astype(np.uint64)
        aligned = words << (free * np.uint64(LANE_BITS))
        parts = [group.find(words) for group in self._left_groups]
        parts += [group.find(aligned) for group in self._right_groups]
        if not parts:
            return Fit(self._pattern_of[:0], self._pattern_of[:0])
        read = np.concatenate([part[0] for part in parts])
        form = np.concatenate([part[1] for part in parts])
        fits = (words[read] & self._left_mask[form]) == self._left[form]
        fits &= (aligned[read] & self._right_mask[form]) == self._right[form]
        fits &= (self._shortest[form] <= lengths[read]) & (lengths[read] <= self._longest[form])
        pairs = np.unique(read[fits] * len(self._patterns) + self._pattern_of[form[fits]])
        read, pattern = np.divmod(pairs, len(self._patterns))
        return Fit(read, pattern)


def _grouped(masks: Words, values: Words, forms: Indices) -> list[_Group]:
    keys = _key_masks(Counter(masks[forms].tolist()))
    by_key: dict[int, list[int]] = {}
    for form, mask in zip(forms.tolist(), masks[forms].tolist(), strict=True):
        by_key.setdefault(keys[mask], []).append(form)
    groups = []
    for key, members in by_key.items():
        numbers: npt.NDArray[np.intp] = np.array(members, np.intp)
        groups.append(_Group(key, values[numbers], numbers))
    return groups


def fits(pattern: str, vrm: str) -> bool:
    """Whether one comparable plate fits one comparable pattern."""
    packed = packing.pack([vrm])
    return len(PatternSet([pattern]).find([vrm], packed).read) > 0


def aligned(pattern: str, vrm: str) -> list[tuple[str, str]]:
    """Each sign of a comparable pattern beside what stands for it in a comparable plate, "" where one of
    them has nothing. A star takes its whole run. No more differ than must: none where the plate fits."""
    ways = _ways(pattern, vrm)
    parts: list[tuple[str, str]] = []
    i = j = 0
    run = ""
    while i < len(pattern) or j < len(vrm):
        _, signs, characters = ways[i, j]
        taken = run + vrm[j : j + characters]
        if pattern[i : i + 1] == "*" and not signs:
            run = taken
        else:
            parts.append((pattern[i : i + signs], taken))
            run = ""
        i, j = i + signs, j + characters
    return parts


def _ways(pattern: str, vrm: str) -> dict[tuple[int, int], tuple[int, int, int]]:
    """For each place in both the best way on: how much differs from there to the end at least, and how
    many signs and characters the next step takes."""
    ways = {(len(pattern), len(vrm)): (0, 0, 0)}
    for i, j in product(range(len(pattern), -1, -1), range(len(vrm), -1, -1)):
        steps = _steps(pattern[i : i + 1], vrm[j : j + 1])
        found = [(ways[i + signs, j + taken][0] + differ, signs, taken) for signs, taken, differ in steps]
        if found:
            ways[i, j] = min(found, key=itemgetter(0))
    return ways


def _steps(sign: str, character: str) -> Iterator[tuple[int, int, int]]:
    """What can be made of a sign and a character: how many of each are taken, and whether they differ. Of
    ways that are as good the first is the plainest."""
    if sign == "*":
        yield 1, 0, 0
    if sign and character and sign != "*":
        yield 1, 1, int(sign not in ("?", character))
    if sign and sign != "*":
        yield 1, 0, 1
    if character:
        yield 0, 1, int(sign != "*")
