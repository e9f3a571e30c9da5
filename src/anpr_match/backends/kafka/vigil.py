"""Watching the consumer: a broker that is away raises nothing, and neither does a consumer that is stuck.

Partitions of which nothing was heard for a while are asked about at the broker. When records wait there
and none come for long, the consumer is not trusted any more, and made anew.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from anpr_match.domain.errors import Unavailable
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """`silent_s`: the broker is asked about a partition that gave nothing for so long, and again after as
    long. `stuck_s`: for so long records may wait and none come. `ask_s` bounds the question."""

    silent_s: float = 10.0
    stuck_s: float = 30.0
    ask_s: float = 2.0


class Vigil:
    """Told of every record that comes, asked to look between takes."""

    def __init__(self, metrics: Metrics, limits: Limits) -> None:
        self._metrics = metrics
        self._limits = limits
        self._heard_s: dict[TopicPartition, float] = {}
        self._behind_s: dict[TopicPartition, float] = {}
        self._answered_s = asyncio.get_running_loop().time()
        self._asked_s = self._answered_s

    @property
    def silence_s(self) -> float:
        """How long ago the broker was last known to answer."""
        return asyncio.get_running_loop().time() - self._answered_s

    def heard(self, tp: TopicPartition) -> None:
        """Records of this partition came."""
        self._answered_s = self._heard_s[tp] = asyncio.get_running_loop().time()
        self._behind_s.pop(tp, None)

    def forget(self) -> None:
        """The partitions are no longer ours."""
        self._heard_s.clear()
        self._behind_s.clear()

    async def look(
        self,
        consumer: Any,
        next_offsets: Mapping[TopicPartition, int],
        left_out: Callable[[TopicPartition], bool],
    ) -> None:
        """Ask about silent partitions, when it is time to. Of those that are left out on purpose records
        may wait. Raises `Unavailable` for a stuck consumer."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._asked_s < self._limits.silent_s:
            return
        silent = [tp for tp in next_offsets if now_s - self._heard_s.get(tp, now_s) >= self._limits.silent_s]
        for tp in next_offsets:
            self._heard_s.setdefault(tp, now_s)
        if silent:
            self._asked_s = now_s
            try:
                async with asyncio.timeout(self._limits.ask_s):
                    ends = await consumer.end_offsets(silent)
                    # Markers of transactions are passed without a record.
                    positions = {tp: await consumer.position(tp) for tp in silent}
            except (KafkaError, TimeoutError) as error:
                log.warning("broker_silent", silence_s=round(self.silence_s), error=type(error).__name__)
                return
            self._answered_s = asyncio.get_running_loop().time()
            fetched = [tp for tp in silent if not left_out(tp)]
            self._judge({tp: ends[tp] > max(next_offsets[tp], positions[tp]) for tp in fetched}, now_s)

    def _judge(self, behind: Mapping[TopicPartition, bool], now_s: float) -> None:
        for tp, is_behind in behind.items():
            if not is_behind:
                self._behind_s.pop(tp, None)
            elif now_s - self._behind_s.setdefault(tp, now_s) >= self._limits.stuck_s:
                self._metrics.consumer_rebuilds.inc()
                raise Unavailable(f"records wait in partition {tp.partition}, and none come: a new consumer")
