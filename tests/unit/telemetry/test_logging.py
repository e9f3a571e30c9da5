"""What the libraries say: not again and again."""

import logging

from anpr_match.telemetry.logging import MESSAGES_MAX, Sparing


def said(name: str, words: str, at_s: float) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.WARNING, "", 0, words, ("a node",), None)
    record.created = at_s
    return record


def test_a_library_that_repeats_itself_is_heard_once_in_a_while() -> None:
    """The same message of a library, whatever its values, passes once in thirty seconds; others do, and ours
    always."""
    sparing = Sparing(30.0)
    heard = [
        sparing.filter(said("aiokafka.conn", "no link to %s", at_s)) for at_s in (100, 101, 129, 130, 131)
    ]
    assert heard == [True, False, False, True, False]
    assert sparing.filter(said("aiokafka.conn", "a leader of %s is gone", 131))
    assert all(sparing.filter(said("anpr_match.pipeline.match", "batch_fenced", 131)) for _ in range(3))


def test_what_libraries_said_is_not_remembered_without_end() -> None:
    """A library that makes up a new message each time is heard, and costs no memory."""
    sparing = Sparing(30.0)
    assert all(sparing.filter(said("asyncio", f"task {n}", 100)) for n in range(2 * MESSAGES_MAX + 1))
    assert len(sparing._said_at_s) <= MESSAGES_MAX
