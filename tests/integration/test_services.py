"""The real servers that the tests run against."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from playwright.async_api import Page

from tests.services.fixtures import Topics
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres


async def _round_trip(bootstrap: str, topic: str, sending: bytes) -> bytes | None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        sent = await producer.send_and_wait(topic, sending)
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        record = await consumer.getone()
        while record.offset < sent.offset:
            record = await consumer.getone()
        value: bytes | None = record.value
        return value


async def _make_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def test_kafka_round_trip(kafka_bootstrap: str, topics: Topics) -> None:
    """The broker gives back what it was given."""
    await _make_topic(kafka_bootstrap, topics.topic())
    assert await _round_trip(kafka_bootstrap, topics.topic(), b"AB01CDE") == b"AB01CDE"


async def test_kafka_kill_and_start(own_kafka: Kafka, topics: Topics) -> None:
    """A broker that was killed comes back at the same address with what it had acknowledged."""
    await _make_topic(own_kafka.bootstrap, topics.topic())
    await _round_trip(own_kafka.bootstrap, topics.topic(), b"before")
    own_kafka.kill()
    assert not own_kafka.running
    own_kafka.start()
    assert await _round_trip(own_kafka.bootstrap, topics.topic(), b"after") == b"after"


@pytest.mark.parametrize("run", [1, 2])
async def test_postgres_database_is_fresh(postgres_url: str, run: int) -> None:
    """Each test has a database of its own: what one leaves behind, the next does not see."""
    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    try:
        await connection.execute("CREATE TABLE left_behind (run int)")
        assert await connection.fetchval("SELECT count(*) FROM left_behind") == 0
    finally:
        await connection.close()


async def test_postgres_kill_and_start(own_postgres: Postgres) -> None:
    """A server that was killed comes back at the same address with what it had committed."""
    url = own_postgres.url("anpr").replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    own_postgres.kill()
    await connection.close(timeout=1)
    own_postgres.start()
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("SELECT one FROM kept") == 1
    finally:
        await connection.close()


async def test_page_shows_content(page: Page) -> None:
    """The browser lays out a page and runs its script."""
    await page.set_content("<p id=p>wait</p><script>p.textContent = 'ready'</script>")
    assert await page.inner_text("#p") == "ready"
