"""Making the topics that are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from aiokafka import errors as kafka_errors
from aiokafka.admin import NewTopic

from anpr_match.backends.kafka.client import Client, brokers
from anpr_match.domain.errors import SetUp

log = structlog.get_logger(__name__)

DEAD_LETTER_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is to be made; one that is there is left as it is."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)


def reads_topic(name: str, partitions: int, replication: int) -> Topic:
    return Topic(name, partitions, replication)


def dead_letters_topic(name: str, replication: int, days: float = 14.0) -> Topic:
    """One partition, so that letters keep their order. Room for the largest record of the reads topic
    with the headers that say where it came from; kept for so many days and no longer."""
    config = {"max.message.bytes": str(DEAD_LETTER_BYTES_MAX), "retention.ms": str(round(days * 86_400_000))}
    return Topic(name, 1, replication, config)


async def create_missing(client: Client, topics: Sequence[Topic]) -> list[str]:
    """Make those of `topics` that are not there; returns their names.

    Others may be doing the same at the same time. Raises `Unavailable` when no broker answers, `SetUp`
    when the broker refuses.
    """
    if not topics:
        return []
    async with client.admin() as admin:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if not missing:
            return []
        response = await admin.create_topics([_new(topic) for topic in missing])
        made = [name for name, code, *detail in response.topic_errors if _was_made(name, code, detail)]
    log.info("topics_created", topics=made)
    return made


async def partitions(client: Client, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each of these topics has; one that is not there is not in the answer.
    Raises `Unavailable` when no broker answers."""
    async with client.admin() as admin:
        there = set(await admin.list_topics())
        found = await admin.describe_topics([name for name in names if name in there])
    return {topic["topic"]: len(topic["partitions"]) for topic in found}


async def delete(client: Client, names: Sequence[str]) -> None:
    """Remove these topics with all that is in them. Raises `Unavailable` when no broker answers."""
    async with client.admin() as admin:
        await admin.delete_topics(list(names))


def _new(topic: Topic) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=dict(topic.config))


def _was_made(name: str, code: int, detail: list[str | None]) -> bool:
    error = kafka_errors.for_code(code)
    if error is kafka_errors.NoError:
        return True
    if error is kafka_errors.TopicAlreadyExistsError:
        return False
    with brokers("asked for a topic"):
        if getattr(error, "retriable", False):
            raise error
    raise SetUp(f"Kafka does not make the topic {name}: {(detail and detail[0]) or error.__name__}")
