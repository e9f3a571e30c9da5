"""The vehicles that pass, and the memory of a matcher that has been at work for days: it has met them."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from anpr_match.bench import plates
from anpr_match.matching import packing
from anpr_match.matching.candidates import KNOWN_SOURCES
from anpr_match.matching.matcher import Memory
from anpr_match.matching.seen import SeenBefore

VEHICLES = 100_000
MISREAD_SHARE = 0.03
"""As on British roads: the Surveillance Camera Commissioner was told 97 % are right (2018)."""


def reads(vehicles: Sequence[str], count: int, seed: int) -> list[str]:
    """So many reads of these vehicles, one after the other and round again, some of them misread."""
    random = np.random.default_rng(seed)
    texts = [vehicles[i % len(vehicles)] for i in range(count)]
    for i in np.flatnonzero(random.random(count) < MISREAD_SHARE).tolist():
        texts[i] = plates.misread(random, texts[i])
    return texts


def met(vehicles: Sequence[str], before: date) -> Memory:
    """A memory that has seen these plates, rightly read, by as many cameras as it takes to know them, the
    day before `before`."""
    seen = SeenBefore(secrets.token_bytes(16))
    words = packing.pack(vehicles).words
    days = np.full(len(words), (before - timedelta(days=1)).toordinal()).astype(np.uint16)
    for source in range(1, KNOWN_SOURCES + 1):
        seen.observe(words, np.full(len(words), source, np.uint16), days)
    return Memory(seen)
