"""What the doctor makes of a service's numbers and of the brokers' facts."""

from dataclasses import replace

import pytest

from anpr_match.bootstrap.inspection import TopicFacts
from anpr_match.cli import running, topics
from anpr_match.cli.finding import Finding
from anpr_match.settings import Settings
from anpr_match.telemetry.metrics import Metrics

NOW_S = 1_800_000_000.0
GOOD = TopicFacts(12, 3, 0, 2, 7 * 86_400.0, 1_048_588)
LETTERS = replace(GOOD, partitions=1, retention_s=14 * 86_400.0)


def of_numbers(metrics: Metrics) -> list[Finding]:
    return list(running.findings(running.samples(metrics.exposition().decode()), NOW_S))


def of_topics(**found: TopicFacts) -> list[tuple[str, str]]:
    """State and words of what is not in order."""
    settings = Settings()
    names = {"reads": settings.kafka.reads_topic, "letters": settings.kafka.dead_letters_topic}
    told = topics.findings(settings, {names[name]: facts for name, facts in found.items()})
    return [(one.state, one.detail) for one in told if one.state != "ok"]


def test_a_process_without_reads_has_nothing_to_say() -> None:
    """Of a process that never took a read, nothing is told but what it knows."""
    assert of_numbers(Metrics("0")) == []


def test_a_held_partition_is_bad() -> None:
    """A partition that is held is bad, is named, and comes with the way to go on."""
    metrics = Metrics("0")
    metrics.partition_paused.labels(partition="reads-0").set(0)
    assert [one.state for one in of_numbers(metrics)] == ["ok"]
    metrics.partition_paused.labels(partition="reads-3").set(1)
    (found,) = of_numbers(metrics)
    assert (found.state, found.detail) == ("bad", "held: reads-3")
    assert "dead-letters list" in (found.mend or "")


def test_silent_cameras_are_named_but_not_all() -> None:
    """Cameras that were not heard for two hours are named, a few of them; the others are counted."""
    metrics = Metrics("0")
    for number in range(10):
        age_s = 60.0 if number < 2 else 8_000.0
        metrics.camera_last_read.labels(camera_id=f"CAM{number:03}").set(NOW_S - age_s)
    (found,) = of_numbers(metrics)
    assert found.state == "note"
    assert found.detail == (
        "2 heard within two hours, silent: CAM002, CAM003, CAM004, CAM005, CAM006 and 3 more"
    )


def test_waiting_reads_are_added_up() -> None:
    """The reads that wait are one number over all partitions."""
    metrics = Metrics("0")
    metrics.consumer_lag.labels(partition="reads-0").set(3)
    metrics.consumer_lag.labels(partition="reads-1").set(4)
    (found,) = of_numbers(metrics)
    assert (found.check, found.detail) == ("reads waiting", "7")


def test_topics_as_they_should_be() -> None:
    """Three replicas of which two must confirm, and time enough: nothing to note."""
    assert of_topics(reads=GOOD, letters=LETTERS) == []


@pytest.mark.parametrize(
    ("facts", "state", "says"),
    [
        (replace(GOOD, out_of_sync=4), "bad", "4 partitions with replicas out of sync"),
        (replace(GOOD, replicas=1, min_insync=1), "note", "one replica"),
        (replace(GOOD, min_insync=1), "note", "a single broker may confirm"),
        (replace(GOOD, min_insync=3), "note", "one broker down stops writes"),
        (replace(GOOD, retention_s=3_600.0), "bad", "keeps reads for 1.0 h"),
        (replace(GOOD, message_bytes_max=1_000), "note", "at most 1000 bytes"),
    ],
)
def test_what_is_wrong_with_the_reads_topic(facts: TopicFacts, state: str, says: str) -> None:
    """Each thing that would lose reads or stop writes is a line of its own."""
    ((found_state, found_says),) = of_topics(reads=facts)
    assert found_state == state
    assert says in found_says


@pytest.mark.parametrize("retention_s", [None, 30 * 86_400.0])
def test_dead_letters_are_not_kept_too_long(retention_s: float | None) -> None:
    """Dead letters hold plates: a topic that keeps them longer than is set is bad."""
    ((state, says),) = of_topics(letters=replace(LETTERS, retention_s=retention_s))
    assert (state, "longer than 14 days" in says) == ("bad", True)
