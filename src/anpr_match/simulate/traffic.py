"""Everyday traffic: vehicles nobody looks for, as cameras of middling quality read them."""

import asyncio
import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from anpr_match.domain.read import Read
from anpr_match.pipeline.pause import pause
from anpr_match.ports.clock import Clock
from anpr_match.ports.read_log import ReadLogWriter
from anpr_match.simulate import plates

TICK_S = 0.2
READS_PER_SEND_MAX = 500
UNREADABLE_SHARE = 0.02
"""Vehicles whose plate the camera could not read at all: it sends an empty plate."""


class Traffic:
    """An endless stream of reads; the same seed gives the same plates in the same order."""

    def __init__(self, seed: int, camera_ids: Sequence[str]) -> None:
        self._chance = random.Random(seed)
        self._camera_ids = list(camera_ids)

    def reads(self, count: int, until: datetime, span_s: float) -> list[Read]:
        """`count` reads, captured in order over the `span_s` seconds before `until`."""
        step = timedelta(seconds=span_s / max(1, count))
        return [self._read(until - step * (count - 1 - place)) for place in range(count)]

    def _read(self, at: datetime) -> Read:
        chance = self._chance
        unreadable = chance.random() < UNREADABLE_SHARE
        plate = plates.mark(chance, plates.TRAFFIC_AGES).replace(" ", "")
        return Read(
            camera_id=chance.choice(self._camera_ids),
            captured_at=at,
            plate="" if unreadable else plate,
            confidence=None if unreadable else round(chance.betavariate(18, 2), 3),
            direction=chance.choice(("approaching", "departing")),
            speed_kmh=round(chance.gauss(85, 18), 1),
        )


async def pour(
    stop: asyncio.Event,
    traffic: Traffic,
    log: ReadLogWriter,
    clock: Clock,
    reads_per_s: float,
    duration_s: float = math.inf,
) -> int:
    """Send traffic at a steady rate until `stop` or for `duration_s`; returns how many reads were sent.

    A log that is slower than the rate is waited for: the reads owed are then sent in larger batches.
    """
    start_s, sent, over = clock.monotonic_s(), 0, False
    while not stop.is_set() and not over:
        elapsed_s = clock.monotonic_s() - start_s
        over = elapsed_s >= duration_s
        owed = int(reads_per_s * min(elapsed_s, duration_s)) - sent
        while owed > 0 and not stop.is_set():
            count = min(owed, READS_PER_SEND_MAX)
            await log.append(traffic.reads(count, clock.now(), TICK_S))
            sent, owed = sent + count, owed - count
        if not over:
            await pause(stop, TICK_S)
    return sent
