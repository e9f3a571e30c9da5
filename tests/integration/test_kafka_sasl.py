"""A broker that asks for name and password lets us in with them, and nobody without."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.read_log import KafkaReadLog
from anpr_match.backends.kafka.security import Security
from anpr_match.backends.kafka.topics import create_missing, reads_topic
from anpr_match.backends.kafka.writer import KafkaReadLogWriter
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.read import Read
from anpr_match.telemetry.metrics import Metrics
from tests.contract.claims import LedgerClaims
from tests.services.fixtures import Topics
from tests.services.kafka import Kafka

LIMIT_S = 60.0


async def test_admin_writer_and_reader_sign_in(kafka: Kafka, topics: Topics) -> None:
    """Topics are made, reads written and taken, through the door that asks for a password."""
    security = Security("SASL_PLAINTEXT", "PLAIN", "anpr", "for-tests-only")
    client = Client(f"127.0.0.1:{kafka.sasl_port}", topics.group(), session_s=6.0, security=security)
    await create_missing(client, [reads_topic(topics.topic(), 1, 1)])
    writer = KafkaReadLogWriter(client, topics.topic())
    await writer.append([Read("CAM001", datetime(2026, 1, 5, tzinfo=UTC), "AB01CDE", "r-1")])
    await writer.close()
    log = KafkaReadLog(client, topics.topic(), Metrics("test"))
    await log.open(LedgerClaims())
    async with asyncio.timeout(LIMIT_S):
        while not (slices := await log.take(10, 0.2)):
            pass
    assert [read.read_id for read in slices[0].reads] == ["r-1"]
    await log.close()
    wrong = replace(client, security=replace(security, password="wrong"), start_s=10.0)
    with pytest.raises(Unavailable):
        await create_missing(wrong, [reads_topic(topics.topic("other"), 1, 1)])
