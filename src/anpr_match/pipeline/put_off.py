"""Batches without a hit, whose offsets are written together with those of the next ones.

Nothing hangs on them but where taking goes on after a crash: their reads would be taken and matched again,
and found to be no hits again. So a transaction for each such batch would buy nothing, and the hits of the
batch behind it would wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anpr_match.domain.hit import Hit
from anpr_match.pipeline.share import Share
from anpr_match.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """So many reads, and the first of them so long, may be put off; 0: none."""

    reads_max: int = 500
    wait_s: float = 0.1


class PutOff:
    """What is put off, in the order in which it was taken."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._shares: list[Share] = []
        self._reads = 0
        self._due_at_s = 0.0

    def takes(self, shares: Sequence[Share], hits: Sequence[Hit]) -> bool:
        """Whether these shares wait from now on. Not with hits, nor with letters, which are kept already
        or soon, and would be kept twice."""
        reads = self._reads + sum(len(share.reads) for share in shares)
        if hits or any(share.letters for share in shares) or reads > self._limits.reads_max:
            return False
        now_s = self._clock.monotonic_s()
        due_at_s = self._due_at_s if self._shares else now_s + self._limits.wait_s
        if due_at_s <= now_s:
            return False
        self._due_at_s = due_at_s
        self._shares += shares
        self._reads = reads
        return True

    def left_s(self, most_s: float) -> float:
        """How long what is put off may still wait, at most `most_s`; `most_s` when nothing is."""
        if not self._shares:
            return most_s
        return max(0.0, min(most_s, self._due_at_s - self._clock.monotonic_s()))

    @property
    def is_due(self) -> bool:
        return bool(self._shares) and self._clock.monotonic_s() >= self._due_at_s

    def taken_back(self) -> list[Share]:
        """All of it, to be written now."""
        shares, self._shares, self._reads = self._shares, [], 0
        return shares
