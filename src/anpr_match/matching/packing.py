"""Plates as integers: six bits a character, the first character lowest, ten characters to a word.

The code of a character is its ASCII code's low six bits: A-Z are 1 to 26, 0-9 are 48 to 57, and 0 is
no character. Ten lanes hold every British, Irish and common European plate; a longer text has no word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.intp]
_Number = TypeVar("_Number", bound=np.integer[Any])

LANES = 10
LANE_BITS = 6

NEWLINE = 10
PADDING = "\n" + "\0" * 16
_ONE = np.uint64(1)
_KEEP_BYTES = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_SIX_OF_EIGHT = np.uint64(0x3F3F3F3F3F3F3F3F)
_SQUEEZE = (
    (np.uint64(2), np.uint64(0x003F003F003F003F), np.uint64(0x0FC00FC00FC00FC0)),
    (np.uint64(4), np.uint64(0x00000FFF00000FFF), np.uint64(0x00FFF00000FFF000)),
    (np.uint64(8), np.uint64(0x0000000000FFFFFF), np.uint64(0x0000FFFFFF000000)),
)
_LANE_SHIFTS = np.arange(0, LANES * LANE_BITS, LANE_BITS, dtype=np.uint64)
_TWO_LANES = np.uint64((1 << 2 * LANE_BITS) - 1)
_ASCII_OF_CODE = np.zeros(64, np.uint8)
_ASCII_OF_CODE[1:27] = np.arange(ord("A"), ord("Z") + 1)
_ASCII_OF_CODE[48:58] = np.arange(ord("0"), ord("9") + 1)


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch of plates. `words` and `lengths` run beside the texts; where a text has more than ten
    characters its word is 0 and its position is in `long`."""

    words: Words
    lengths: Indices
    long: Indices

    def some(self, numbers: Indices | slice) -> "Packed":
        """The plates of these numbers."""
        lengths = self.lengths[numbers]
        return Packed(self.words[numbers], lengths, (lengths > LANES).nonzero()[0])


def pack(vrms: Sequence[str]) -> Packed:
    """Words of comparable plates (`A-Z0-9` only, as `normalise` gives them).

    The texts are joined and cut again as one run of bytes: half the cost of NumPy's own string
    arrays, which besides cut a text longer than their width in silence.

    Raises ValueError when a text is not ASCII or holds a line feed.
    """
    if not vrms:
        return nothing()
    raw = ("\n".join(vrms) + PADDING).encode("ascii")
    ends = (np.frombuffer(raw, np.uint8) == NEWLINE).nonzero()[0]
    if len(ends) != len(vrms):
        raise ValueError("a comparable plate holds no line feed")
    return cut(raw, starts_of(ends), ends)


def nothing() -> Packed:
    """No plates."""
    none = np.empty(0, np.intp)
    return Packed(np.empty(0, np.uint64), none, none)


def starts_of(ends: Indices) -> Indices:
    """Where texts begin that lie one behind the other, each with a line feed behind it at `ends`."""
    starts = np.empty(len(ends), np.intp)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    return starts


def eights(raw: bytes, starts: Indices, lengths: Indices) -> Words:
    """The first eight bytes of the texts that begin in `raw` at `starts`, the first one lowest, 0 behind
    the end; at least 8 bytes must follow the last start."""
    every_eight = np.ndarray((len(raw) - 7,), "<u8", raw, 0, (1,))
    found: Words = every_eight[starts]
    found &= _KEEP_BYTES.take(lengths, mode="clip")
    return found


def cut(raw: bytes, starts: Indices, ends: Indices) -> Packed:
    """Words of the texts that lie in `raw` between `starts` and `ends`; at least 16 bytes must follow
    the last one."""
    lengths = ends - starts
    words = _squeezed(eights(raw, starts, lengths))
    over = (lengths > 8).nonzero()[0]
    if not len(over):
        return Packed(words, lengths, over)
    rest = eights(raw, starts[over] + 8, np.minimum(lengths[over] - 8, LANES - 8))
    words[over] |= _squeezed(rest) << np.uint64(8 * LANE_BITS)
    long = over[lengths[over] > LANES]
    words[long] = 0
    return Packed(words, lengths, long)


def _squeezed(eight_bytes: Words) -> Words:
    """Eight lanes of eight bits to eight lanes of six."""
    words = eight_bytes & _SIX_OF_EIGHT
    moved = np.empty_like(words)
    for shift, lower, upper in _SQUEEZE:
        np.right_shift(words, shift, out=moved)
        moved &= upper
        words &= lower
        words |= moved
    return words


def exchanged(words: Words, exchange: bytes) -> Words:
    """Words whose characters were put through a table of 256 bytes."""
    table, result = _two_lanes(exchange), np.zeros_like(words)
    for shift in _LANE_SHIFTS[::2]:
        result |= table[((words >> shift) & _TWO_LANES).view(np.intp)] << shift
    return result


@cache
def _two_lanes(exchange: bytes) -> Words:
    """What becomes of each pair of neighbouring lanes."""
    codes = np.frombuffer(exchange, np.uint8)[_ASCII_OF_CODE].astype(np.uint64) & np.uint64(63)
    return (codes[:, None] << np.uint64(LANE_BITS) | codes).ravel()


def characters(words: Words) -> npt.NDArray[np.uint8]:
    """ASCII codes, one row of ten for each word, 0 behind the end."""
    codes = (words[:, None] >> _LANE_SHIFTS) & np.uint64(63)
    return _ASCII_OF_CODE[codes.astype(np.intp)]


def unpack_many(words: Words) -> list[str]:
    """The plates of words, "" for 0."""
    texts = characters(words).view(f"S{LANES}").ravel().tolist()
    return [text.decode("ascii") for text in texts]


def unpack(word: int) -> str:
    """The plate of one word."""
    codes = [(word >> shift) & 63 for shift in range(0, LANES * LANE_BITS, LANE_BITS)]
    return "".join(chr(code + 64 if code < 48 else code) for code in codes if code)


def distinct(numbers: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """These numbers in order, each once. They are sorted where they are."""
    numbers.sort()
    if len(numbers) < 2:
        return numbers
    new = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return numbers[new]
