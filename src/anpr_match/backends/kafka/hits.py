"""Hits as a topic, for programs that follow it: the same events as the feed.

Key is the hit, so that what became of a hit stays behind the hit itself. The value is the frame of the
feed. The header `event` is the event's place, epoch and seq: a record that came twice bears the same.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.errors import MessageSizeTooLargeError

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.producer import LazyProducer
from anpr_match.backends.kafka.topics import Topic, create_missing
from anpr_match.domain.event import Event
from anpr_match.ports.sink import NotTaken
from anpr_match.wire import feed


class KafkaHits:
    """Makes the topic when it is first written to, if it may: `topic` is then how it is to be made."""

    def __init__(self, client: Client, name: str, topic: Topic | None) -> None:
        self._client = client
        self._name = name
        self._to_make = [topic] if topic else []
        # An idempotent producer may write no more after a record was refused; each event bears its place.
        self._producer = LazyProducer(client, idempotent=False)

    async def send(self, epoch: str, events: Sequence[Event]) -> None:
        if self._to_make:
            await create_missing(self._client, self._to_make)
            self._to_make = []
        async with self._producer.writing() as producer:
            sent = [self._sent(producer, epoch, event) for event in events]
            # Wait for all before raising what went wrong, so that nothing of this page is still on its way.
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
            wrong = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
            if any(isinstance(outcome, MessageSizeTooLargeError) for outcome in wrong):
                await self._one_by_one(producer, epoch, events)
            elif wrong:
                raise wrong[0]

    async def _one_by_one(self, producer: Any, epoch: str, events: Sequence[Event]) -> None:
        """A broker refuses a whole batch for one record in it: find the one."""
        for number, event in enumerate(events):
            try:
                await self._sent(producer, epoch, event)
            except MessageSizeTooLargeError:
                raise NotTaken(number, "the topic does not take a record of this size") from None

    async def _sent(self, producer: Any, epoch: str, event: Event) -> None:
        await producer.send_and_wait(
            self._name,
            feed.frame(event, event.seq - 1).encode(),
            event.hit_id.encode(),
            headers=[("event", f"{epoch}:{event.seq}".encode()), ("type", event.kind.value.encode())],
        )

    async def close(self) -> None:
        await self._producer.close()
