"""What a running service says of itself: checks of its numbers, each one line with the fix."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from anpr_match.cli.finding import Finding

SILENT_AFTER_S = 7_200.0
NAMED_MAX = 5

Samples = dict[str, list[tuple[dict[str, str], float]]]


def samples(exposition: str) -> Samples:
    """The numbers of /metrics, by name."""
    found: Samples = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def findings(found: Samples, now_s: float) -> Iterator[Finding]:
    """What the numbers say; nothing of parts that this process does not run."""
    if partitions := found.get("anpr_partition_paused"):
        held = [labels["partition"] for labels, value in partitions if value]
        if held:
            mend = "anpr-match dead-letters list, and the runbook under AnprPartitionPaused"
            yield Finding("bad", "partitions", f"held: {_named(held)}", mend)
        else:
            yield Finding("ok", "partitions", "none is held")
    if lags := found.get("anpr_consumer_lag"):
        yield Finding("ok", "reads waiting", f"{sum(value for _, value in lags):.0f}")
    yield from _cameras(found, now_s)


def _cameras(found: Samples, now_s: float) -> Iterator[Finding]:
    seen = found.get("anpr_camera_last_read_timestamp_seconds")
    if not seen:
        return
    silent = [labels["camera_id"] for labels, at in seen if now_s - at > SILENT_AFTER_S]
    heard = f"{len(seen) - len(silent)} heard within two hours"
    if silent:
        mend = "anpr-match camera test; then its power, link and token"
        yield Finding("note", "cameras", f"{heard}, silent: {_named(silent)}", mend)
    else:
        yield Finding("ok", "cameras", heard)


def _named(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:NAMED_MAX])
    return shown if len(names) <= NAMED_MAX else f"{shown} and {len(names) - NAMED_MAX} more"
