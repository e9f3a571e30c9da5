"""Exports: the followers of the event log that lead out of the service."""

from anpr_match.backends.kafka.hits import KafkaHits
from anpr_match.backends.kafka.topics import reads_topic
from anpr_match.backends.webhook.sink import Endpoint, WebhookSink
from anpr_match.bootstrap import brokers
from anpr_match.domain.errors import SetUp
from anpr_match.pipeline.export import Export, Limits, Parts
from anpr_match.settings import Settings, Webhook


def made(settings: Settings, parts: Parts) -> list[Export]:
    """Those that are set. Raises `SetUp`."""
    return [*_topic(settings, parts), *_webhooks(settings, parts)]


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


def _webhooks(settings: Settings, parts: Parts) -> list[Export]:
    """Each is a follower of its own, with its own place in the log: one that is slow or away holds up no
    other."""
    named = {"webhook": ("ANPR_WEBHOOK", settings.webhook)} if settings.webhook.url is not None else {}
    for name, hook in settings.webhooks.items():
        named[f"webhook_{name}"] = (f"ANPR_WEBHOOKS__{name.upper()}", hook)
    return [_webhook(follower, setting, hook, settings, parts) for follower, (setting, hook) in named.items()]


def _webhook(follower: str, setting: str, hook: Webhook, settings: Settings, parts: Parts) -> Export:
    if hook.url is None:
        raise SetUp(f"{setting}__URL is missing: where is that webhook to lead?")
    if hook.secret is None:
        raise SetUp(f"{setting}__URL needs {setting}__SECRET: what is posted is signed")
    endpoint = Endpoint(
        hook.url.get_secret_value(),
        hook.secret.get_secret_value(),
        hook.allowed_networks,
        hook.answer_s,
        setting,
    )
    # One at a time: each is done when its own answer came.
    limits = Limits(
        lease_s=max(settings.export.lease_s, 3 * hook.answer_s),
        page_events=1,
        refusals_max=hook.refusals_max,
        pause_max_s=hook.pause_max_s,
    )
    return Export(follower, WebhookSink(endpoint, parts.clock), parts, limits, hook.force)
