"""The breakers of all partitions, and the alarm while one is held."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from anpr_match.pipeline.breaker import Breaker, Limits
from anpr_match.pipeline.share import Share
from anpr_match.ports.read_log import Partition
from anpr_match.telemetry.health import Finding
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Stand:
    """A breaker, whose it was, and up to where it was shown the records."""

    breaker: Breaker
    owner_epoch: int
    next_offset: int = 0


class Poison:
    """One breaker a partition. Another owner begins with a new one, so a trouble has its dead letters once
    for each process that meets it."""

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._stands: dict[Partition, _Stand] = {}
        self._held: dict[Partition, int] = {}

    def judge(self, share: Share) -> bool:
        """Cut the share where its partition's breaker stops; whether the partition is to be held."""
        partition = share.part.partition
        stand = self._stand(share)
        share.judge(stand.breaker)
        stand.next_offset = share.next_offset
        if share.cut:
            self._held[partition] = share.next_offset
            self._gauge(partition, 1)
            log.error(
                "partition_poisoned",
                partition=_label(partition),
                offset=share.next_offset,
                letters=len(share.letters),
                retry_s=self._limits.hold_s,
            )
        elif self._held.pop(partition, None) is not None:
            self._gauge(partition, 0)
            log.info("partition_goes_on", partition=_label(partition))
        return share.cut

    def _stand(self, share: Share) -> _Stand:
        """Known ones hold as long as nobody else worked on the partition in between."""
        part = share.part
        stand = self._stands.get(part.partition)
        if stand is None or (
            stand.owner_epoch != part.owner_epoch and stand.next_offset != share.first_offset()
        ):
            stand = _Stand(Breaker(self._limits), part.owner_epoch)
            self._stands[part.partition] = stand
        stand.owner_epoch = part.owner_epoch
        return stand

    def forget_all_but(self, owned: Collection[Partition]) -> None:
        """Partitions that others own are theirs to raise an alarm for."""
        for partition in [partition for partition in self._held if partition not in owned]:
            del self._held[partition]
            self._gauge(partition, 0)

    def finding(self) -> Finding:
        if not self._held:
            return Finding(ok=True, detail="no partition is held", hinders=False)
        where = ", ".join(f"{_label(one)} at offset {at}" for one, at in sorted(self._held.items()))
        detail = f"held, since most of what comes cannot be read: {where}; tried again by itself"
        return Finding(ok=False, detail=detail, hinders=False)

    def _gauge(self, partition: Partition, value: int) -> None:
        self._metrics.partition_paused.labels(partition=_label(partition)).set(value)


def _label(partition: Partition) -> str:
    return f"{partition.topic}-{partition.number}"
