"""What the brokers say of a topic: for a check of the set-up."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from anpr_match.backends.kafka.client import Client

_ASKED = ("retention.ms", "min.insync.replicas", "max.message.bytes")


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """`retention_s` is None when the topic keeps everything. `replicas` are those of the partition that
    has fewest, `out_of_sync` how many partitions have fewer replicas in sync than they should."""

    partitions: int
    replicas: int
    out_of_sync: int
    min_insync: int
    retention_s: float | None
    message_bytes_max: int


async def facts(client: Client, names: Sequence[str]) -> dict[str, TopicFacts]:
    """Those of the topics that are there. Raises `Unavailable` when no broker answers."""
    async with client.admin() as admin:
        there = set(await admin.list_topics())
        asked = [name for name in names if name in there]
        if not asked:
            return {}
        described = await admin.describe_topics(asked)
        resources = [
            ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(_ASKED, "")) for name in asked
        ]
        answers = await admin.describe_configs(resources)
    configs = {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }
    return {
        topic["topic"]: _facts(topic["partitions"], configs.get(topic["topic"], {})) for topic in described
    }


def _facts(partitions: list[dict[str, list[int]]], config: dict[str, str]) -> TopicFacts:
    retention_ms = int(config.get("retention.ms", "-1"))
    return TopicFacts(
        partitions=len(partitions),
        replicas=min((len(one["replicas"]) for one in partitions), default=0),
        out_of_sync=sum(1 for one in partitions if len(one["isr"]) < len(one["replicas"])),
        min_insync=int(config.get("min.insync.replicas", "1")),
        retention_s=retention_ms / 1000 if retention_ms >= 0 else None,
        message_bytes_max=int(config.get("max.message.bytes", "0")),
    )
