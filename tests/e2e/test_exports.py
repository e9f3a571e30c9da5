"""Exports of the running service: each event of the log reaches the topic, and whoever has the webhook."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.service import Service
from tests.integration.receiver import SECRET, receiver

# The first test of a run starts the broker and the database too.
pytestmark = pytest.mark.timeout(300)

WAIT_S = 90.0
TOPIC = "anpr.hits.v1"
# Nobody answers these hits, and what becomes of them by itself is not what is counted here.
PATIENT = {
    "ANPR_ROUTING__PRIORITY_2_WIDER_AFTER_S": "36000",
    "ANPR_ROUTING__PRIORITY_2_CONTROL_ROOM_AFTER_S": "36000",
    "ANPR_MATCH__POSSIBLE": "0.998",
    "ANPR_MATCH__PROBABLE": "0.999",
}

on_embedded = pytest.mark.parametrize("service", ["embedded"], indirect=True)
on_scaleout = pytest.mark.parametrize("service", ["scaleout"], indirect=True)


class Exporting:
    """The service with an export, a listed plate, and the reads that are posted of it."""

    def __init__(self, service: Service, name: str, settings: dict[str, str]) -> None:
        service.env = {**service.env, **PATIENT, "ANPR_EXPORT__LEASE_S": "3", **settings}
        self.service = service
        self.desk = Desk.register(service)
        self._check = f"export_{name}"
        self._plate = plates(61, 1)[0]
        self._posted = 0

    async def begin(self) -> None:
        """Until the export has its place: what is recorded from now on is told."""
        await asyncio.to_thread(self.service.start)
        await self.until(lambda: self._said().startswith("at event"))
        assert (await asyncio.to_thread(self.desk.list_plate, self._plate)).status_code == 201
        while not self.log():
            await self.post(1)
            await asyncio.sleep(0.2)

    async def post(self, how_many: int) -> None:
        ids = range(self._posted, self._posted + how_many)
        reads = [a_read(f"{self._plate}-{number}", self._plate) for number in ids]
        answer = await asyncio.to_thread(self.desk.post_reads, reads)
        assert answer.json()["accepted"] == how_many
        self._posted += how_many

    async def all_hits(self) -> list[dict[str, Any]]:
        """The events of the log, once every read that was posted is a hit."""
        await self.until(lambda: self._hits() == self._posted)
        return self.log()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not await asyncio.to_thread(holds):  # noqa: ASYNC110 another process is asked
                await asyncio.sleep(0.1)

    def log(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        while page := self._page(events[-1]["seq"] if events else 0)["items"]:
            events += page
        return events

    @property
    def epoch(self) -> str:
        return str(self._page(0)["epoch"])

    def _hits(self) -> int:
        """Of all reads but those from before the entry was live."""
        first = int(self.log()[0]["hit"]["read"]["read_id"].rpartition("-")[2])
        return first + len(self.log())

    def _page(self, after: int) -> dict[str, Any]:
        answer = self.desk.call("GET", f"/v1/hits?after={after}&limit=1000", self.desk.patrol)
        page: dict[str, Any] = answer.raise_for_status().json()
        return page

    def _said(self) -> str:
        checks = self.desk.client.get(f"{self.service.url}/readyz").json()["checks"]
        return str(checks[self._check]["detail"])


@pytest.fixture
def exporting(service: Service) -> Iterator[Callable[..., Exporting]]:
    """Makes the service with an export, not yet started."""
    with contextlib.ExitStack() as stack:

        def make(name: str, **settings: str) -> Exporting:
            made = Exporting(service, name, {f"ANPR_{word}": value for word, value in settings.items()})
            stack.callback(made.desk.client.close)
            return made

        yield make


class Topic:
    """What a foreign consumer finds on the topic of one log: (event, key, frame), as it came."""

    def __init__(self, consumer: AIOKafkaConsumer, epoch: str) -> None:
        self._consumer = consumer
        self._epoch = epoch
        self.had: list[tuple[str, str, dict[str, Any]]] = []

    async def until_all(self, events: list[dict[str, Any]]) -> None:
        """Until every event of the log is there; more that is there already is taken too."""
        wanted = {f"{self._epoch}:{event['seq']}" for event in events}
        async with asyncio.timeout(WAIT_S):
            while not wanted <= set(self.ids):
                self._take(await self._consumer.getmany(timeout_ms=500))
        self._take(await self._consumer.getmany(timeout_ms=1_000))

    def _take(self, batches: dict[Any, list[Any]]) -> None:
        for record in (record for batch in batches.values() for record in batch):
            event = dict(record.headers)["event"].decode()
            if event.startswith(f"{self._epoch}:"):
                self.had.append((event, record.key.decode(), json.loads(record.value)))

    @property
    def ids(self) -> list[str]:
        return [event for event, _, _ in self.had]

    def check(self, events: list[dict[str, Any]]) -> None:
        """What is told is the log, nothing else: a record that came twice is the same both times."""
        log = {f"{self._epoch}:{event['seq']}": event for event in events}
        for event, key, frame in self.had:
            assert key == frame["hit"]["hit_id"] == log[event]["hit"]["hit_id"]
            assert (frame["type"], frame["seq"]) == (log[event]["type"], log[event]["seq"])


@on_scaleout
async def test_hits_are_on_the_topic_once(service: Service, exporting: Callable[..., Exporting]) -> None:
    """Each hit is a record, once, also over a restart; after a kill none is missing, and one that came twice
    bears the same id."""
    export = exporting("kafka", EXPORT__HITS_TOPIC=TOPIC)
    await export.begin()
    await export.post(20)
    bootstrap = service.env["ANPR_KAFKA__BOOTSTRAP"]
    async with AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        topic = Topic(consumer, export.epoch)
        await topic.until_all(await export.all_hits())
        assert await asyncio.to_thread(service.stop) == 0
        await asyncio.to_thread(service.start)
        await export.post(20)
        await topic.until_all(await export.all_hits())
        assert sorted(topic.ids) == sorted(set(topic.ids))
        await export.post(200)
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)
        await export.post(20)
        events = await export.all_hits()
        await topic.until_all(events)
    topic.check(events)
    print(f"\n{len(events)} events, {len(topic.had) - len(events)} of them told again after the kill")


@on_embedded
async def test_hits_are_told_by_webhook(service: Service, exporting: Callable[..., Exporting]) -> None:
    """Each hit is posted, signed, in order; what the receiver fails on is posted again with the same id, and
    a restart leaves nothing out."""
    async with receiver(204, 500, 503, 204, 500) as told:
        export = exporting(
            "webhook",
            WEBHOOK__URL=told.url,
            WEBHOOK__SECRET=SECRET,
            WEBHOOK__ALLOWED_NETWORKS='["127.0.0.0/8"]',
            WEBHOOK__ANSWER_S="1",
            WEBHOOK__PAUSE_MAX_S="1",
        )
        await export.begin()
        await export.post(5)
        events = await export.all_hits()
        await export.until(lambda: len(told.had) >= len(events))
        assert told.answers == []
        assert len(told.ids) == len(events) + 3
        assert await asyncio.to_thread(service.stop) == 0
        await asyncio.to_thread(service.start)
        await export.post(5)
        events = await export.all_hits()
        await export.until(lambda: len(told.had) >= len(events))
    assert [frame["seq"] for frame in told.had] == [event["seq"] for event in events]
    assert [frame["hit"]["hit_id"] for frame in told.had] == [event["hit"]["hit_id"] for event in events]
    assert list(dict.fromkeys(told.ids)) == [f"{told_epoch(told.ids)}-{event['seq']}" for event in events]
    assert told.bad_signatures == 0


def told_epoch(ids: list[str]) -> str:
    """The name of the log, which is the beginning of every id."""
    (epoch,) = {event_id.rpartition("-")[0] for event_id in ids}
    return epoch
