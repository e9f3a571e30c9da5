"""The vigil over the consumer: stuck is told from idle, and from a broker that is away."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from anpr_match.backends.kafka.vigil import Limits, Vigil
from anpr_match.domain.errors import Unavailable
from anpr_match.telemetry.metrics import Metrics

TP = TopicPartition("reads", 0)
QUICK = Limits(silent_s=0.01, stuck_s=0.05, ask_s=0.5)


class Consumer:
    """Answers what it is told to."""

    def __init__(self, end: int, position: int = 0) -> None:
        self.end = end
        self.place = position
        self.away = False

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        if self.away:
            raise KafkaConnectionError
        return dict.fromkeys(partitions, self.end)

    async def position(self, tp: TopicPartition) -> int:
        return self.place


async def look_for(vigil: Vigil, consumer: Consumer, wait_s: float, *, held: bool = False) -> None:
    end_s = asyncio.get_running_loop().time() + wait_s
    while asyncio.get_running_loop().time() < end_s:
        await vigil.look(consumer, {TP: 5}, lambda _: held)
        await asyncio.sleep(0.005)


async def test_records_that_wait_and_never_come_mean_a_new_consumer() -> None:
    """After its time the consumer is given up, and that is counted."""
    metrics = Metrics("test")
    with pytest.raises(Unavailable, match="a new consumer"):
        await look_for(Vigil(metrics, QUICK), Consumer(end=9), 5.0)
    assert metrics.registry.get_sample_value("anpr_consumer_rebuilds_total") == 1


@pytest.mark.parametrize("consumer", [Consumer(end=5), Consumer(end=9, position=9)])
async def test_an_idle_partition_is_left_in_peace(consumer: Consumer) -> None:
    """At the end of the log, or behind marks that are no records, nothing is wrong."""
    vigil = Vigil(Metrics("test"), QUICK)
    began, silent_s = vigil.silence_s, 0.3
    await look_for(vigil, consumer, silent_s)
    assert vigil.silence_s < began + silent_s


async def test_a_partition_that_is_held_is_no_stuck_consumer() -> None:
    """Records wait in it on purpose; that the broker answers is still seen."""
    vigil, silent_s = Vigil(Metrics("test"), QUICK), 0.3
    began = vigil.silence_s
    await look_for(vigil, Consumer(end=9), silent_s, held=True)
    assert vigil.silence_s < began + silent_s


async def test_a_broker_that_is_away_is_not_a_stuck_consumer() -> None:
    """While the broker does not answer nobody is given up; the silence grows."""
    vigil, consumer = Vigil(Metrics("test"), QUICK), Consumer(end=9)
    consumer.away = True
    await look_for(vigil, consumer, 0.2)
    assert vigil.silence_s >= 0.2
