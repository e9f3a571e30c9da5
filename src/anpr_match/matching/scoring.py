"""Rows of evidence for many pairs at once: what the texts alone say, before the slower evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.matching import channel, evidence
from anpr_match.matching.channel import Floats, Ints
from anpr_match.matching.model import Model, Reader

FRESH_SHARE = 0.35
"""Share of right reads that are of vehicles not seen before: the rest is known, and has its own column."""
WRONG_MIN = 0.002
"""No read is surer than this of not being wrong: its engine may be wrong in a way not met before."""
TINY = 1e-30
NEVER = -500.0


@dataclass(frozen=True, slots=True)
class Texts:
    """Pairs to be scored, all (n): what was read, what is listed, through which reader, with what
    confidence (NaN: none given), and how many sources had seen the read text before. No text is longer
    than channel.LENGTH_MAX."""

    read: Sequence[str]
    listed: Sequence[str]
    readers: Sequence[Reader]
    confidence: Floats
    sources: Ints


def rows(model: Model, texts: Texts) -> Floats:
    """One row of evidence.FEATURES for each pair, with prior, text and seen-before filled in."""
    read, listed = channel.encode(texts.read), channel.encode(texts.listed)
    stacked, which, states = _readers(texts)
    exact = (read == listed).all(axis=1)
    chance = (channel.likelihood(stacked, which, read, listed) * states).sum(axis=0)
    right = (channel.likelihood(stacked, which, read, read) * states).sum(axis=0)
    own = model.own_density.log_density(read) + np.log(FRESH_SHARE * right + TINY)
    own = np.where(exact, NEVER, own)
    misread = model.misread_density.log_density(read) + np.log(np.maximum(1 - right, WRONG_MIN))
    other = np.logaddexp(own, misread)
    result = np.zeros((len(read), len(evidence.FEATURES)))
    result[:, evidence.AT["prior"]] = 1
    evidence.text_columns(result, np.log(chance + TINY) - other)
    evidence.seen_columns(result, np.where(exact, 0, texts.sources), np.exp(own - other))
    return result


def _readers(texts: Texts) -> tuple[channel.Channel, Ints, Floats]:
    """The distinct readers as one stacked channel, which of them each pair came through, and the
    chances of the states of each pair."""
    distinct = {id(reader): reader for reader in texts.readers}
    number = {key: i for i, key in enumerate(distinct)}
    which = np.fromiter((number[id(reader)] for reader in texts.readers), np.int64, len(texts.readers))
    made = list(distinct.values())
    states = np.empty((len(made[0].channel.severity), len(which)))
    for i, reader in enumerate(made):
        own = which == i
        states[:, own] = reader.states_at(texts.confidence[own])
    return channel.stack([reader.channel for reader in made]), which, states
