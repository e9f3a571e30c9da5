"""Rows of evidence for many pairs at once: what the texts alone say, before the slower evidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching import background, channel, evidence
from anpr_match.matching.channel import Codes, Floats, Ints
from anpr_match.matching.model import Model
from anpr_match.matching.packing import Indices
from anpr_match.matching.readers import Readers

FRESH_SHARE = 0.35
"""Share of right reads that are of vehicles not seen before: the rest is known, and has its own column."""
WRONG_MIN = 0.002
"""No read is surer than this of not being wrong: its engine may be wrong in a way not met before."""
TINY = 1e-30
NEVER = -500.0


@dataclass(frozen=True, slots=True)
class Texts:
    """Reads (r), and pairs of them with listed plates (n), to be scored.

    Of the reads: what was `read`, as codes (see channel.encode), by `which` of the `readers`, with what
    `confidence` (NaN: none given), and how many `sources` had seen the text before. Of the pairs: what
    is `listed`, and which of the reads it is paired `with_`.
    """

    read: Codes
    readers: Readers
    which: Ints
    confidence: Floats
    sources: NDArray[np.uint8]
    listed: Codes
    with_: Indices


def rows(model: Model, texts: Texts) -> Floats:
    """One row of evidence.FEATURES for each pair, with prior, text and seen-before filled in."""
    with_ = texts.with_
    exact = (texts.read[with_] == texts.listed).all(axis=1)
    chance, right = _chances(texts)
    own, misread = (density[with_] for density in _background(model, texts, right))
    own[exact] = NEVER
    other = np.logaddexp(own, misread)
    result = np.zeros((len(with_), len(evidence.FEATURES)))
    result[:, evidence.AT["prior"]] = 1
    evidence.text_columns(result, np.log(chance + TINY) - other)
    evidence.seen_columns(result, np.where(exact, 0, texts.sources[with_]), np.exp(own - other))
    return result


def _background(model: Model, texts: Texts, right: Floats) -> tuple[Floats, Floats]:
    """Each read's log density as another vehicle's plate, read right, and as a misread of any plate."""
    own, misread = background.log_densities((model.own_density, model.misread_density), texts.read)
    own += np.log(FRESH_SHARE * right + TINY)
    misread += np.log(np.maximum(1 - right, WRONG_MIN))
    return own, misread


def _chances(texts: Texts) -> tuple[Floats, Floats]:
    """The chance of each pair's read when the plate is the listed one, and of each read when the plate
    is as read."""
    which, read, with_ = texts.which, texts.read, texts.with_
    states = texts.readers.states_at(which, texts.confidence)
    # One call for both: for the few pairs of a batch a call costs more than what it works out.
    both = channel.likelihood(
        texts.readers.channels,
        np.concatenate((which[with_], which)),
        np.concatenate((read[with_], read)),
        np.concatenate((texts.listed, read)),
    )
    pairs = len(with_)
    chance = (both[:, :pairs] * states[:, with_]).sum(axis=0)
    return chance, (both[:, pairs:] * states).sum(axis=0)
