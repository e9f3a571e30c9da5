"""Rows of evidence for many pairs at once: what the texts alone say, before the slower evidence.

How likely a read is as a misread of any other plate is known in two ways: by counts of misread texts, which
is fast, and by the camera's own channel over all plates there may be (anyone), which knows which plates
lie near but is dearer. The larger of the two is right where they differ much: a text that no
camera was seen to make may be what this camera makes of a hundred plates. The dear one is worked out for the
few pairs that the fast one leaves possible, and can only lower what the text says.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anpr_match.matching import background, channel, evidence, typed
from anpr_match.matching.anyone import Anyone
from anpr_match.matching.channel import Codes, Floats, Ints
from anpr_match.matching.model import Model
from anpr_match.matching.packing import Indices
from anpr_match.matching.readers import Readers

FRESH_SHARE = 0.35
"""Share of right reads that are of vehicles not seen before: the rest is known, and has its own column."""
WRONG_MIN = 0.002
"""No read is surer than this of not being wrong: its engine may be wrong in a way not met before."""
ANYONE_MIN = 1e-3
"""At least so much of what a camera reads as this text, whatever the plate, is misread."""
TINY, TINIER = 1e-30, 1e-40
NEVER = -500.0


class Others(NamedTuple):
    """How likely each read is when the vehicle is not a listed one: its log densities as another's plate,
    read right, and as a misread of any."""

    own: Floats
    misread: Floats

    @property
    def all(self) -> Floats:
        """The log density of the two together."""
        return np.logaddexp(self.own, self.misread)


@dataclass(frozen=True, slots=True)
class Texts:
    """Reads (r), and pairs of them with listed plates (n), to be scored.

    Of the reads: what was `read`, as codes (see channel.encode), by `which` of the `readers`, with what
    `confidence` (NaN: none given), and how many `sources` had seen the text before. Of the pairs: what
    is `listed`, which of the reads it is paired `with_`, the places of those that are a typed mark with two
    characters `swapped`, and how common the text is as another's plate beside its shape (see unissued).
    """

    read: Codes
    readers: Readers
    which: Ints
    confidence: Floats
    sources: NDArray[np.uint8]
    listed: Codes
    with_: Indices
    swapped: Indices
    log_shares: Floats


def rows(model: Model, texts: Texts) -> tuple[Floats, Others]:
    """One row of evidence.FEATURES for each pair, with prior, text and seen-before filled in; and how
    likely the reads are of other vehicles, by the counts of misread texts."""
    with_ = texts.with_
    exact = (texts.read[with_] == texts.listed).all(axis=1)
    chance, right = _chances(texts)
    others = _others(model, texts, right)
    own, misread = _of_pairs(texts, others, slice(None))
    own[exact] = NEVER
    other = np.logaddexp(own, misread)
    result = np.zeros((len(with_), len(evidence.FEATURES)))
    result[:, evidence.AT["prior"]] = 1
    evidence.text_columns(result, np.log(chance + TINY) - other)
    evidence.seen_columns(result, np.where(exact, 0, texts.sources[with_]), np.exp(own - other))
    return result, others


def sharpen(anyone: Anyone, texts: Texts, others: Others, found: Floats, at: Indices) -> None:
    """Lower the text of the fuzzy pairs at these places of `found`, the rows, where the camera's own channel
    makes it likelier that their reads are of any other plate than the counts of misread texts do."""
    reads, with_ = np.unique(texts.with_[at], return_inverse=True)
    which = texts.which[reads]
    states = texts.readers.states_at(which, texts.confidence[reads])
    channels = [texts.readers.readers[number].channel for number in which.tolist()]
    of_anyone = (anyone.likelihood(channels, texts.read[reads]) * states).sum(axis=0)
    rightly = np.exp(others.own[reads]) / FRESH_SHARE
    misread = np.log(np.maximum(of_anyone - rightly, ANYONE_MIN * of_anyone) + TINIER)
    by_count = _of_pairs(texts, others, at)
    by_channel = by_count._replace(misread=np.maximum(by_count.misread, misread[with_]))
    some = found[at]
    evidence.text_columns(some, some[:, evidence.AT["text"]] - (by_channel.all - by_count.all))
    found[at] = some


def _others(model: Model, texts: Texts, right: Floats) -> Others:
    """Each read's log density as another vehicle's plate, read right, and as a misread of any plate, by
    the counts."""
    own, misread = background.log_densities((model.own_density, model.misread_density), texts.read)
    own += np.log(FRESH_SHARE * right + TINY)
    misread += np.log(np.maximum(1 - right, WRONG_MIN))
    return Others(own, misread)


def _of_pairs(texts: Texts, others: Others, at: Indices | slice) -> Others:
    """The same of the read of each pair at these places: the listed plate tells whether its age counts."""
    with_ = texts.with_[at]
    return Others(others.own[with_] + texts.log_shares[at], others.misread[with_])


def _chances(texts: Texts) -> tuple[Floats, Floats]:
    """The chance of each pair's read when the plate is the listed one, and of each read when the plate
    is as read, and every character was read right."""
    which, read, with_ = texts.which, texts.read, texts.with_
    states = texts.readers.states_at(which, texts.confidence)
    channels = texts.readers.channels
    of_pairs = channel.likelihood(channels, which[with_], read[with_], texts.listed)
    chance: Floats = (of_pairs * states[:, with_]).sum(axis=0)
    right: Floats = (channel.rightly(channels, which, read) * states).sum(axis=0)
    if len(texts.swapped):
        # Two characters swapped, and then each typed as meant: one more way from the plate to the text.
        chance[texts.swapped] += typed.SWAPPED * right[with_[texts.swapped]]
    return chance, right
