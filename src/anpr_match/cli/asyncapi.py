"""`anpr-match asyncapi`."""

from anpr_match.cli import show

DEFAULT_HITS_TOPIC = "anpr.hits.v1"


def asyncapi() -> None:
    import anpr_match
    from anpr_match.cli import loaded
    from anpr_match.wire import asyncapi as described

    settings = loaded.settings()
    topics = {
        "reads": settings.kafka.reads_topic,
        "dlq": settings.kafka.dead_letters_topic,
        "hits": settings.export.hits_topic or DEFAULT_HITS_TOPIC,
    }
    show.as_json(described.document(anpr_match.__version__, topics))
