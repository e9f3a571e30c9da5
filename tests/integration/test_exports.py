"""Exports to a real receiver of webhooks and to a real broker."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaConsumer

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.hits import KafkaHits
from anpr_match.backends.kafka.topics import reads_topic
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.followers import MemoryFollowers
from anpr_match.backends.webhook.sink import Endpoint, WebhookSink
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.event import Event
from anpr_match.pipeline.export import Export, Limits, Parts
from anpr_match.ports.sink import NotTaken, Sink
from tests.contract.makers import some_hit
from tests.integration.receiver import SECRET, Receiver, receiver
from tests.services.fixtures import Topics
from tests.unit.pipeline.flow import Flow

LOOPBACK = ("127.0.0.0/8",)
WAIT_S = 60.0


async def some_events(how_many: int, flow: Flow | None = None) -> Sequence[Event]:
    flow = flow or Flow()
    entry = await flow.list_plate()
    await flow.hits.record([some_hit(entry, f"r{n}") for n in range(how_many)], [])
    return await flow.hits.events(0, how_many)


def a_sink(to: Receiver, answer_s: float = 10.0, allowed: tuple[str, ...] = LOOPBACK) -> WebhookSink:
    return WebhookSink(Endpoint(to.url, SECRET, allowed, answer_s), SystemClock())


async def test_an_event_is_posted_signed() -> None:
    """The receiver gets the frame of the feed with a signature that it can check, and an id for repeats."""
    async with receiver() as told:
        await a_sink(told).send("e1", await some_events(2))
    assert [frame["seq"] for frame in told.had] == [1, 2]
    assert told.had[0]["hit"]["hit_id"]
    assert told.ids == ["e1-1", "e1-2"]
    assert told.bad_signatures == 0


@pytest.mark.parametrize("status", [500, 502, 503, 408, 429, 1, 0])
async def test_a_receiver_that_fails_is_away(status: int) -> None:
    """Errors of the receiver, an answer that breaks off and one that never comes mean: try again later."""
    async with receiver(status) as told:
        with pytest.raises(Unavailable):
            await a_sink(told, answer_s=0.3).send("e1", await some_events(1))
    assert told.had == []


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 413, 422])
async def test_refusals_and_redirects_are_not_followed(status: int) -> None:
    """A redirect is no delivery and leads nowhere; a refusal is of this event."""
    async with receiver(status) as told:
        with pytest.raises(NotTaken):
            await a_sink(told).send("e1", await some_events(1))
    assert told.redirected == 0
    assert told.had == []


async def test_inner_addresses_are_not_spoken_to() -> None:
    """Without leave no connection is made to an address of this machine."""
    async with receiver() as told:
        with pytest.raises(Unavailable, match="not allowed"):
            await a_sink(told, allowed=()).send("e1", await some_events(1))
    assert told.ids == []


async def exported(flow: Flow, sink: Sink, until: asyncio.Event) -> None:
    """Run an export on the flow until it is so."""
    parts = Parts(flow.hits, MemoryFollowers(flow.ledger), flow.wake_up, flow.clock, flow.metrics)
    export = Export(
        "test", sink, parts, Limits(poll_s=0.02, page_events=1, pause_first_s=0.01, pause_max_s=0.02)
    )
    await export._lead()
    await export._place()
    await some_events(4, flow)
    stop = asyncio.Event()
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as group:
        group.create_task(export.run(stop))
        await until.wait()
        stop.set()


async def test_a_receiver_that_comes_and_goes_gets_everything_in_order() -> None:
    """Through errors, silence and broken lines each event arrives, in order; repeats bear the same id."""
    done = asyncio.Event()
    async with receiver(204, 500, 0, 204, 1, 429, 204) as told:

        class Watched(WebhookSink):
            async def send(self, epoch: str, events: Sequence[Event]) -> None:
                await super().send(epoch, events)
                if len(told.had) == 4:
                    done.set()

        await exported(Flow(), Watched(Endpoint(told.url, SECRET, LOOPBACK, 2.0), SystemClock()), done)
    assert [frame["seq"] for frame in told.had] == [1, 2, 3, 4]
    assert sorted(set(told.ids)) == [f"memory-{seq}" for seq in (1, 2, 3, 4)]
    assert told.bad_signatures == 0


async def test_hits_go_to_a_topic(kafka_bootstrap: str, topics: Topics) -> None:
    """A topic that is not there is made; each event is one record with the hit as its key, in order."""
    name = topics.topic("hits")
    sink = KafkaHits(Client(kafka_bootstrap), name, reads_topic(name, 3, 1))
    events = await some_events(5)
    await sink.send("e1", events)
    await sink.close()
    consumer = AIOKafkaConsumer(name, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(WAIT_S):
            records = [await consumer.getone() for _ in events]
    finally:
        await consumer.stop()
    by_seq = {json.loads(record.value)["seq"]: record for record in records}
    assert sorted(by_seq) == [1, 2, 3, 4, 5]
    for event in events:
        record = by_seq[event.seq]
        assert record.key == event.hit_id.encode()
        assert dict(record.headers) == {"event": f"e1:{event.seq}".encode(), "type": b"hit"}
