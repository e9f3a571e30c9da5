"""Exports to a real receiver of webhooks and to a real broker."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from prometheus_client import generate_latest
from pydantic import SecretStr

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.hits import KafkaHits
from anpr_match.backends.kafka.topics import reads_topic
from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.memory.followers import MemoryFollowers
from anpr_match.backends.webhook.sink import Endpoint, WebhookSink
from anpr_match.bootstrap import exports
from anpr_match.domain.errors import SetUp, Unavailable
from anpr_match.domain.event import Event
from anpr_match.pipeline.export import Export, Limits, Parts
from anpr_match.ports.sink import NotTaken, Sink
from anpr_match.settings import Settings, Webhook
from tests.contract.makers import some_hit
from tests.integration.feeding import until
from tests.integration.receiver import SECRET, Receiver, receiver
from tests.services.fixtures import Topics
from tests.services.loopback import free_port
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


def hooks(**named: dict[str, Any]) -> Settings:
    return Settings(webhooks={name: Webhook(**hook) for name, hook in named.items()})


def some_parts(flow: Flow) -> Parts:
    return Parts(flow.hits, MemoryFollowers(flow.ledger), flow.wake_up, flow.clock, flow.metrics)


def failing(flow: Flow) -> list[float | None]:
    """Whether the good, the silent and the lost one fail, by the metric; None before it was tried."""
    names = ("webhook_good", "webhook_silent", "webhook_gone")
    value = flow.metrics.registry.get_sample_value
    return [value("anpr_export_failing", {"follower": name}) for name in names]


async def test_a_dead_receiver_holds_up_no_other() -> None:
    """Of three webhooks one is silent and one refuses the line: the third has everything, and each tells for
    itself how it stands, by its name."""
    flow = Flow()
    async with receiver() as told, receiver(*[0] * 50) as silent:
        common: dict[str, Any] = {"secret": SECRET, "allowed_networks": LOOPBACK, "pause_max_s": 0.1}
        settings = hooks(
            good={**common, "url": told.url},
            silent={**common, "url": silent.url, "answer_s": 0.5},
            gone={**common, "url": f"http://127.0.0.1:{free_port()}/"},
        )
        made = exports.made(settings, some_parts(flow))
        assert [export.name for export in made] == ["webhook_good", "webhook_silent", "webhook_gone"]
        for export in made:
            await export._lead()
            await export._place()
        await some_events(30, flow)
        stop = asyncio.Event()
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as group:
            for export in made:
                group.create_task(export.run(stop))
            await until(lambda: len(told.had) == 30 and failing(flow) == [0, 1, 1])
            findings = [await export.ready() for export in made]
            stop.set()
    assert [finding.ok for finding in findings] == [True, False, False]
    assert [frame["seq"] for frame in told.had] == list(range(1, 31))
    assert told.bad_signatures == 0
    text = generate_latest(flow.metrics.registry).decode()
    assert 'anpr_export_events_total{follower="webhook_good",outcome="sent"} 30.0' in text
    assert told.url not in text


async def test_a_receiver_that_was_dead_gets_all_that_it_missed() -> None:
    """Each webhook has its own place in the log and its own secret, and goes on where it was."""
    flow = Flow()
    async with receiver() as told, receiver(*[503] * 3) as late:
        common: dict[str, Any] = {"secret": SECRET, "allowed_networks": LOOPBACK, "pause_max_s": 0.6}
        other = {**common, "url": late.url, "secret": "whsec_" + "QUJD" * 10}
        made = exports.made(hooks(one={**common, "url": told.url}, other=other), some_parts(flow))
        for export in made:
            await export._lead()
            await export._place()
        await some_events(5, flow)
        stop = asyncio.Event()
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as group:
            for export in made:
                group.create_task(export.run(stop))
            await until(lambda: len(late.had) == 5)
            stop.set()
    assert [frame["seq"] for frame in told.had] == [frame["seq"] for frame in late.had] == [1, 2, 3, 4, 5]
    assert len(late.ids) == 8
    assert (told.bad_signatures, late.bad_signatures) == (0, 8)


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        ({"secret": SECRET}, "ANPR_WEBHOOKS__DESK__URL is missing"),
        ({"url": "https://e.org/"}, "ANPR_WEBHOOKS__DESK__URL needs ANPR_WEBHOOKS__DESK__SECRET"),
        ({"url": "https://e.org/", "secret": "short"}, "ANPR_WEBHOOKS__DESK__SECRET must be whsec_"),
        ({"url": "ftp://e.org/", "secret": SECRET}, "ANPR_WEBHOOKS__DESK__URL must look like"),
        (
            {"url": "https://e.org/", "secret": SECRET, "allowed_networks": ("10.1.0.0/99",)},
            "ANPR_WEBHOOKS__DESK__ALLOWED_NETWORKS",
        ),
    ],
)
def test_a_webhook_that_cannot_work_is_named(hook: dict[str, Any], told: str) -> None:
    """A process does not start with a webhook that leads nowhere or signs with nothing."""
    with pytest.raises(SetUp, match=told):
        exports.made(hooks(desk=hook), some_parts(Flow()))


async def test_the_first_webhook_keeps_its_name() -> None:
    """The one without a name goes on where it was, beside those with names."""
    hook = Webhook(url=SecretStr("https://e.org/"), secret=SecretStr(SECRET))
    made = exports.made(Settings(webhook=hook, webhooks={"desk": hook}), some_parts(Flow()))
    assert [export.name for export in made] == ["webhook", "webhook_desk"]


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
