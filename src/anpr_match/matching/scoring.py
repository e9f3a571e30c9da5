"""Rows of evidence for many pairs at once: what the texts alone say, before the slower evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.matching import channel, evidence
from anpr_match.matching.channel import Codes, Floats, Ints
from anpr_match.matching.model import Model, Reader

FRESH_SHARE = 0.35
"""Share of right reads that are of vehicles not seen before: the rest is known, and has its own column."""
WRONG_MIN = 0.002
"""No read is surer than this of not being wrong: its engine may be wrong in a way not met before."""
TINY = 1e-30
NEVER = -500.0


@dataclass(frozen=True, slots=True)
class Texts:
    """Pairs to be scored, all (n): what was read and what is listed, as codes (see channel.encode), by
    which of the `readers`, with what confidence (NaN: none given), and how many sources had seen the
    read text before."""

    read: Codes
    listed: Codes
    readers: Sequence[Reader]
    which: Ints
    confidence: Floats
    sources: Ints


def rows(model: Model, texts: Texts) -> Floats:
    """One row of evidence.FEATURES for each pair, with prior, text and seen-before filled in."""
    read, listed = texts.read, texts.listed
    exact = (read == listed).all(axis=1)
    chance, right = _chances(texts)
    own = model.own_density.log_density(read) + np.log(FRESH_SHARE * right + TINY)
    own = np.where(exact, NEVER, own)
    misread = model.misread_density.log_density(read) + np.log(np.maximum(1 - right, WRONG_MIN))
    other = np.logaddexp(own, misread)
    result = np.zeros((len(read), len(evidence.FEATURES)))
    result[:, evidence.AT["prior"]] = 1
    evidence.text_columns(result, np.log(chance + TINY) - other)
    evidence.seen_columns(result, np.where(exact, 0, texts.sources), np.exp(own - other))
    return result


def _chances(texts: Texts) -> tuple[Floats, Floats]:
    """The chance of each read when the plate is the listed one, and when it is as read."""
    states = np.empty((len(texts.readers[0].channel.severity), len(texts.which)))
    for i, reader in enumerate(texts.readers):
        own = np.flatnonzero(texts.which == i)
        states[:, own] = reader.states_at(texts.confidence[own])
    # One call for both: for the few pairs of a batch a call costs more than what it works out.
    both = channel.likelihood(
        channel.stack([reader.channel for reader in texts.readers]),
        np.concatenate((texts.which, texts.which)),
        np.concatenate((texts.read, texts.read)),
        np.concatenate((texts.listed, texts.read)),
    )
    pairs = len(texts.which)
    return (both[:, :pairs] * states).sum(axis=0), (both[:, pairs:] * states).sum(axis=0)
