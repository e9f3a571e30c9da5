"""A foreign client of the broker, for looking at what was written to a topic."""

import asyncio

from aiokafka import AIOKafkaConsumer
from confluent_kafka import Consumer, TopicPartition

WAIT_S = 30


async def dead_letters(bootstrap: str, topic: str, how_many: int) -> list[bytes | None]:
    """The values of the first `how_many` records of the topic; each has a reason and its source."""
    values: list[bytes | None] = []
    async with asyncio.timeout(WAIT_S):
        async with AIOKafkaConsumer(
            topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            while len(values) < how_many:
                record = await consumer.getone()
                assert {"reason", "source_topic", "source_partition", "source_offset"} <= {
                    k for k, _ in record.headers
                }
                values.append(record.value)
    return values


def count(bootstrap: str, topic: str) -> int:
    """How many records the topic has, over all its partitions."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "count"})
    try:
        partitions = consumer.list_topics(topic, timeout=WAIT_S).topics[topic].partitions
        bounds = [
            consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=WAIT_S) for n in partitions
        ]
    finally:
        consumer.close()
    return sum(high - low for low, high in bounds)
