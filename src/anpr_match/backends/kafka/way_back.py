"""Dead letters back into the reads topic, byte for byte."""

from typing import Any

from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.producer import LazyProducer
from anpr_match.backends.kafka.topics import DEAD_LETTER_BYTES_MAX
from anpr_match.ports.dead_letters import DeadLetter


class KafkaWayBack:
    """A letter goes to the end of the partition that it came from, so that it stays with its camera; if
    it came from another topic, or that partition is no more, Kafka chooses. The first key is not known
    any more. An idempotent producer writes nothing more after a refusal, so this one is not."""

    def __init__(self, client: Client, topic: str) -> None:
        self._producer = LazyProducer(client, DEAD_LETTER_BYTES_MAX, idempotent=False)
        self._topic = topic

    async def put(self, letter: DeadLetter) -> bool:
        try:
            async with self._producer.writing() as producer:
                return await self._sent(producer, letter)
        except MessageSizeTooLargeError:
            return False

    async def _sent(self, producer: Any, letter: DeadLetter) -> bool:
        numbers = await producer.partitions_for(self._topic)
        ours = letter.source.topic == self._topic and letter.source.number in numbers
        try:
            # aiokafka sends a null only with a key.
            await producer.send_and_wait(
                self._topic,
                letter.unreadable.value,
                None if letter.unreadable.value is not None else letter.letter_id.encode(),
                partition=letter.source.number if ours else None,
            )
        except (MessageSizeTooLargeError, RecordListTooLargeError):
            return False
        return True

    async def close(self) -> None:
        await self._producer.close()
