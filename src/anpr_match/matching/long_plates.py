"""Plates of more than ten characters, which have no word: a deletion index of plain dictionaries.

No British plate is so long; a watchlist holds few of them, and a camera sends one only when it took
two plates for one or reads from far away.
"""

from collections.abc import Iterable, Iterator, Sequence

from anpr_match.matching.packing import LANES


def _keys(text: str) -> set[str]:
    return {text, *(text[:i] + text[i + 1 :] for i in range(len(text)))}


def within_one_edit(one: str, other: str) -> bool:
    """Whether at most one insertion, deletion or substitution lies between two texts."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    if len(longer) - len(shorter) > 1:
        return False
    same = 0
    while same < len(shorter) and longer[same] == shorter[same]:
        same += 1
    rest = same if len(longer) > len(shorter) else same + 1
    return longer[same + 1 :] == shorter[rest:]


class LongPlates:
    """Immutable. Holds listed plates of ten characters (a read may have one more) and longer."""

    def __init__(self, listed: Iterable[tuple[str, int]]) -> None:
        self._by_key: dict[str, list[tuple[str, int]]] = {}
        self._longest = 0
        for vrm, slot in listed:
            if len(vrm) >= LANES:
                self._longest = max(self._longest, len(vrm))
                for key in _keys(vrm):
                    self._by_key.setdefault(key, []).append((vrm, slot))

    @property
    def empty(self) -> bool:
        """Whether nothing is found here."""
        return not self._longest

    def find(self, vrms: Sequence[str], positions: Iterable[int]) -> Iterator[tuple[int, int]]:
        """(position, slot) of each pair within one edit of which one side is longer than ten."""
        for position in positions:
            vrm = vrms[position]
            if len(vrm) > self._longest + 1:
                continue
            seen: set[int] = set()
            for key in _keys(vrm):
                for listed, slot in self._by_key.get(key, ()):
                    outside = len(vrm) > LANES or len(listed) > LANES
                    if outside and slot not in seen and within_one_edit(vrm, listed):
                        seen.add(slot)
                        yield position, slot

    def wants(self, length: int) -> bool:
        """Whether a read of this length could match here."""
        return LANES <= length <= self._longest + 1 and max(length, self._longest) > LANES
