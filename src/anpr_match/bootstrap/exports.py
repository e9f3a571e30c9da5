"""Exports: the followers of the event log that lead out of the service."""

from anpr_match.backends.kafka.hits import KafkaHits
from anpr_match.backends.kafka.topics import reads_topic
from anpr_match.backends.webhook.sink import Endpoint, WebhookSink
from anpr_match.bootstrap import brokers
from anpr_match.domain.errors import SetUp
from anpr_match.pipeline.export import Export, Limits, Parts
from anpr_match.settings import Settings


def made(settings: Settings, parts: Parts) -> list[Export]:
    """Those that are set. Raises `SetUp`."""
    return [*_topic(settings, parts), *_webhook(settings, parts)]


def _topic(settings: Settings, parts: Parts) -> list[Export]:
    kafka, wanted = settings.kafka, settings.export
    if not wanted.hits_topic:
        return []
    if kafka.bootstrap is None:
        raise SetUp("ANPR_EXPORT__HITS_TOPIC needs a broker: set ANPR_KAFKA__BOOTSTRAP")
    topic = reads_topic(wanted.hits_topic, kafka.partitions, kafka.replication)
    sink = KafkaHits(
        brokers.client(settings, kafka.bootstrap), wanted.hits_topic, topic if kafka.create_topics else None
    )
    limits = Limits(lease_s=wanted.lease_s, page_events=wanted.page_events, pause_max_s=wanted.pause_max_s)
    return [Export("kafka", sink, parts, limits)]


def _webhook(settings: Settings, parts: Parts) -> list[Export]:
    hook = settings.webhook
    if hook.url is None:
        return []
    if hook.secret is None:
        raise SetUp("ANPR_WEBHOOK__URL needs ANPR_WEBHOOK__SECRET: what is posted is signed")
    endpoint = Endpoint(
        hook.url.get_secret_value(), hook.secret.get_secret_value(), hook.allowed_networks, hook.answer_s
    )
    # One at a time: each is done when its own answer came.
    limits = Limits(
        lease_s=max(settings.export.lease_s, 3 * hook.answer_s),
        page_events=1,
        refusals_max=hook.refusals_max,
        pause_max_s=hook.pause_max_s,
    )
    return [Export("webhook", WebhookSink(endpoint, parts.clock), parts, limits, hook.force)]
