"""The breakers of all partitions, and the alarm while one is held."""

from collections.abc import Collection

import structlog

from anpr_match.pipeline.breaker import Breaker, Limits
from anpr_match.pipeline.share import Share
from anpr_match.ports.read_log import Partition
from anpr_match.telemetry.health import Finding
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)


class Poison:
    """One breaker a partition, for as long as this process owns it."""

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._breakers: dict[Partition, tuple[int, Breaker]] = {}
        self._held: dict[Partition, int] = {}

    def judge(self, share: Share) -> bool:
        """Cut the share where its partition's breaker stops; whether the partition is to be held."""
        share.judge(self._breaker(share))
        partition = share.part.partition
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

    def _breaker(self, share: Share) -> Breaker:
        """That of this ownership: somebody else may have worked on the partition in between."""
        epoch, known = self._breakers.get(share.part.partition, (None, None))
        if known is None or epoch != share.part.owner_epoch:
            known = Breaker(self._limits)
            self._breakers[share.part.partition] = share.part.owner_epoch, known
        return known

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
