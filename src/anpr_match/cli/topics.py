"""What Kafka says of the topics: checks of them, each one line with the fix."""

from collections.abc import Iterator

from anpr_match.bootstrap.inspection import TopicFacts
from anpr_match.cli.finding import Finding
from anpr_match.settings import Settings

RETENTION_LEAST_S = 86_400.0
READ_BYTES_MAX = 64 * 1024


def findings(settings: Settings, found: dict[str, TopicFacts]) -> Iterator[Finding]:
    """Of the reads topic and that of the dead letters, those that are there."""
    kafka = settings.kafka
    for name, facts in found.items():
        kept = "for ever" if facts.retention_s is None else f"for {facts.retention_s / 3600:.0f} h"
        told = f"{name}: {facts.partitions} partitions, {facts.replicas} replicas, kept {kept}"
        yield Finding("ok", "kafka", told)
        yield from _safe(name, facts)
    if (reads := found.get(kafka.reads_topic)) is not None:
        yield from _reads(kafka.reads_topic, reads)
    if (letters := found.get(kafka.dead_letters_topic)) is not None:
        yield from _letters(kafka.dead_letters_topic, letters, settings.retention.dead_letters_days * 86_400)


def _safe(name: str, facts: TopicFacts) -> Iterator[Finding]:
    if facts.out_of_sync:
        told = f"{name}: {facts.out_of_sync} partitions with replicas out of sync"
        yield Finding("bad", "kafka", told, "look at the brokers: one is down or behind")
    if facts.replicas == 1:
        told = f"{name} has one replica: a lost disk loses its records"
        yield Finding("note", "kafka", told, "three replicas with min.insync.replicas=2, for operation")
    elif facts.min_insync < 2:
        told = f"{name}: min.insync.replicas is {facts.min_insync}, so a single broker may confirm a write"
        yield Finding("note", "kafka", told, "kafka-configs.sh … --add-config min.insync.replicas=2")
    elif facts.min_insync >= facts.replicas:
        told = f"{name}: all {facts.replicas} replicas must confirm: one broker down stops writes"
        yield Finding("note", "kafka", told, "min.insync.replicas one less than the replicas")


def _reads(name: str, facts: TopicFacts) -> Iterator[Finding]:
    if facts.retention_s is not None and facts.retention_s < RETENTION_LEAST_S:
        told = f"{name} keeps reads for {facts.retention_s / 3600:.1f} h: a longer outage loses them"
        yield Finding("bad", "kafka", told, "kafka-configs.sh … --add-config retention.ms=86400000 or more")
    if facts.message_bytes_max < READ_BYTES_MAX:
        told = f"{name} takes records of at most {facts.message_bytes_max} bytes"
        yield Finding("note", "kafka", told, "max.message.bytes of 1 MiB, as Kafka has it by default")


def _letters(name: str, facts: TopicFacts, keep_s: float) -> Iterator[Finding]:
    if facts.retention_s is None or facts.retention_s > keep_s:
        told = f"{name} keeps dead letters longer than {keep_s / 86_400:.0f} days"
        mend = f"kafka-configs.sh … --add-config retention.ms={keep_s * 1000:.0f}"
        yield Finding("bad", "kafka", told, mend)
