"""What was sent, and the hits that must come of it, by a matcher of our own that is as simple as can be.

The reference: a read hits an entry when their plates are equal once spaces are gone and letters are
large. Look-alikes are left out: plates that are not listed differ from every listed one in three places
at least, and the service is told to report none.

Some plates are listed and withdrawn while reads flow. A read of one that has been on the list for long
enough must be a hit; of one that was withdrawn before it, must not; what lies between may be one.
"""

import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from tests.e2e.desk import plates

Pair = tuple[str, str]

OTHERS = 2_000
HIT_SHARE = 0.02
EDITED_SHARE = 0.02
CAMERAS = 50

LIVE_AFTER_S = 3.5
"""A matcher uses a list that was current at most 3 s (`watchlist.pause_s`) before it had the read, whatever
breaks: so a read that is made so long after its entry was confirmed must be matched with it."""


class Life(Enum):
    """How an edited plate stands on the list, as far as its editor can know."""

    COMING = "coming"
    LISTED = "listed"
    LEAVING = "leaving"
    GONE = "gone"


@dataclass
class Edited:
    """A plate that comes onto the list and may leave it. `listed_at_s`: when its listing was confirmed."""

    plate: str
    life: Life = Life.COMING
    listed_at_s: float = math.inf

    def listed(self) -> None:
        self.life, self.listed_at_s = Life.LISTED, time.monotonic()

    @property
    def surely_live(self) -> bool:
        return self.life is Life.LISTED and time.monotonic() - self.listed_at_s > LIVE_AFTER_S


@dataclass
class Ledger:
    """The reads of one run, made from its seed, the pairs of read and plate that must be hits, and those
    that may be."""

    seed: int
    listed: list[str]
    expected: set[Pair] = field(default_factory=set)
    possible: set[Pair] = field(default_factory=set)
    edited: dict[str, Edited] = field(default_factory=dict)
    sent: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        drawn = plates(self.seed + 1, OTHERS * 4)
        far = [plate for plate in drawn if all(_differ(plate, one) for one in self.listed)]
        self._others, self._unread = far[:OTHERS], far[OTHERS:]

    @classmethod
    def of(cls, seed: int, listed: int = 40) -> "Ledger":
        return cls(seed, plates(seed, listed))

    def edit_another(self) -> Edited:
        """A plate that is on no list and was never read: it is from now on, and somebody is to list it. (One
        that was read before may rightly be a hit if the matchers are behind.)"""
        plate = self._unread.pop()
        while not all(_differ(plate, one) for one in (*self._others, *self.edited)):
            plate = self._unread.pop()
        self.edited[plate] = Edited(plate)
        return self.edited[plate]

    def awaited(self, plate: str) -> set[Pair]:
        """The hits of this plate that must be there."""
        return {pair for pair in self.expected if pair[1] == plate}

    def reads(self, how_many: int) -> Iterator[dict[str, Any]]:
        """The next reads, each with an id of its own; noted as they are taken."""
        for _ in range(how_many):
            drawn = self._chance.random()
            if drawn < HIT_SHARE:
                plates = self.listed
            elif drawn < HIT_SHARE + EDITED_SHARE and self.edited:
                plates = list(self.edited)
            else:
                plates = self._others
            yield self.read(self._chance.choice(plates))

    def last_reads(self) -> list[dict[str, Any]]:
        """A hit of every camera: once these are there, so is all that was sent before."""
        return [{**self.read(self.listed[0]), "camera_id": f"CAM{n:03d}"} for n in range(CAMERAS)]

    def read(self, plate: str) -> dict[str, Any]:
        """One read of this plate, written as some camera would write it."""
        read_id = f"{self.seed}-{self.sent}"
        self.sent += 1
        self._note((read_id, plate))
        written = self._chance.choice([plate, plate.lower(), f"{plate[:4]} {plate[4:]}"])
        return {
            "read_id": read_id,
            "camera_id": f"CAM{self._chance.randrange(CAMERAS):03d}",
            "captured_at": datetime.now(UTC).isoformat(),
            "plate": written,
        }

    def _note(self, pair: Pair) -> None:
        edited = self.edited.get(pair[1])
        if pair[1] in self.listed or (edited is not None and edited.surely_live):
            self.expected.add(pair)
        elif edited is not None and edited.life is not Life.GONE:
            self.possible.add(pair)


def _differ(one: str, other: str) -> bool:
    return sum(a != b for a, b in zip(one, other, strict=True)) >= 3


@dataclass(frozen=True)
class Verdict:
    """What a log of hits shows against the ledger: all three must be empty."""

    lost: set[Pair]
    doubled: list[Pair]
    wrong: set[Pair]

    @classmethod
    def of(cls, ledger: Ledger, got: list[Pair]) -> "Verdict":
        seen: set[Pair] = set()
        doubled = [pair for pair in got if pair in seen or seen.add(pair)]  # type: ignore[func-returns-value]  # add gives None
        return cls(ledger.expected - seen, doubled, seen - ledger.expected - ledger.possible)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)

    def __str__(self) -> str:
        said = f"lost {len(self.lost)}, doubled {len(self.doubled)}, wrong {len(self.wrong)}"
        if self.good:
            return said
        return f"{said}: {sorted(self.lost)[:5]} {self.doubled[:5]} {sorted(self.wrong)[:5]}"
