"""What was sent, and the hits that must come of it, by a matcher of our own that is as simple as can be.

The reference: a read hits an entry when their plates are equal once spaces are gone and letters are
large. Look-alikes are left out: plates that are not listed differ from every listed one in three places
at least, and the service is told to report none.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.e2e.desk import plates

Pair = tuple[str, str]

OTHERS = 2_000
HIT_SHARE = 0.02
CAMERAS = 50


@dataclass
class Ledger:
    """The reads of one run, made from its seed, and the pairs of read and plate that must be hits."""

    seed: int
    listed: list[str]
    expected: set[Pair] = field(default_factory=set)
    sent: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        drawn = plates(self.seed + 1, OTHERS * 2)
        self._others = [plate for plate in drawn if self._differs(plate)][:OTHERS]

    @classmethod
    def of(cls, seed: int, listed: int = 40) -> "Ledger":
        return cls(seed, plates(seed, listed))

    def _differs(self, plate: str) -> bool:
        return all(sum(a != b for a, b in zip(plate, one, strict=True)) >= 3 for one in self.listed)

    def reads(self, how_many: int) -> Iterator[dict[str, Any]]:
        """The next reads, each with an id of its own; noted as they are taken."""
        for _ in range(how_many):
            hit = self._chance.random() < HIT_SHARE
            plate = self._chance.choice(self.listed if hit else self._others)
            yield self.read(plate)

    def read(self, plate: str) -> dict[str, Any]:
        """One read of this plate, written as some camera would write it."""
        read_id = f"{self.seed}-{self.sent}"
        self.sent += 1
        if plate in self.listed:
            self.expected.add((read_id, plate))
        written = self._chance.choice([plate, plate.lower(), f"{plate[:4]} {plate[4:]}"])
        return {
            "read_id": read_id,
            "camera_id": f"CAM{self._chance.randrange(CAMERAS):03d}",
            "captured_at": datetime.now(UTC).isoformat(),
            "plate": written,
        }


@dataclass(frozen=True)
class Verdict:
    """What a log of hits shows against the ledger: all three must be empty."""

    lost: set[Pair]
    doubled: list[Pair]
    never_sent: set[Pair]

    @classmethod
    def of(cls, expected: set[Pair], got: list[Pair]) -> "Verdict":
        seen: set[Pair] = set()
        doubled = [pair for pair in got if pair in seen or seen.add(pair)]  # type: ignore[func-returns-value]  # add gives None
        return cls(expected - seen, doubled, seen - expected)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.never_sent)

    def __str__(self) -> str:
        return f"lost {len(self.lost)}, doubled {len(self.doubled)}, never sent {len(self.never_sent)}"
