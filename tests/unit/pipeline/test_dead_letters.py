"""The office of dead letters: what is told of them, and how they go back."""

import pytest

from anpr_match.backends.memory.audit import MemoryAudit
from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.dead_letters import MemoryDeadLetters, MemoryReplays, MemoryWayBack
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.read_log import MemoryReadLog
from anpr_match.domain.errors import NotFound, Unavailable
from anpr_match.pipeline.dead_letters import Choice, DeadLetterOffice
from anpr_match.ports.dead_letters import DeadLetter
from anpr_match.ports.read_log import Partition, Unreadable

SOURCE = Partition("memory", 1)


class Desk:
    """An office on the memory, with five letters of two reasons."""

    def __init__(self) -> None:
        self.clock = WoundClock()
        self.ledger = Ledger()
        self.letters = MemoryDeadLetters(self.clock)
        self.log = MemoryReadLog()
        self.way = MemoryWayBack(self.log)
        self.audit = MemoryAudit(self.ledger)
        replays = MemoryReplays(self.ledger)
        self.office = DeadLetterOffice(self.letters, replays, self.audit, self.clock)

    async def fill(self) -> None:
        for offset in range(5):
            reason = "not_json" if offset < 3 else "not_utf8"
            await self.letters.keep(SOURCE, [Unreadable(offset, b"v%d" % offset, reason, "why")])
            self.clock.wind(1)

    def written(self) -> list[bytes | None]:
        return self.log.values[SOURCE]


async def test_overview_counts_by_reason_and_shows_nothing() -> None:
    """The overview has counts and the newest letters, and not a byte of what is in them."""
    desk = Desk()
    await desk.fill()
    told = await desk.office.overview(newest=2)
    assert told.by_reason == {"not_json": 3, "not_utf8": 2}
    assert [one.letter_id for one in told.newest] == ["memory/1/3", "memory/1/4"]
    assert told.waiting == 5
    assert "v4" not in repr(told)
    assert [record async for record in desk.audit.records()] == []


async def test_a_record_kept_twice_counts_once() -> None:
    """A record that was kept again after a fault is one letter, and goes back once."""
    desk = Desk()
    await desk.fill()
    await desk.fill()
    assert sum((await desk.office.overview(9)).by_reason.values()) == 5
    outcome = await desk.office.replay(Choice(), desk.way, "cli:kim", "mended")
    assert (len(outcome.put_back), len(desk.written())) == (5, 5)


async def test_who_reads_a_letter_is_recorded() -> None:
    """Showing a letter is a disclosure with a reason, and is recorded before it is given."""
    desk = Desk()
    await desk.fill()
    shown = await desk.office.show("memory/1/3", "cli:kim", "to see what the gateway sends")
    assert shown.unreadable.value == b"v3"
    (record,) = [record async for record in desk.audit.records()]
    assert (record.kind.value, record.action, record.subject, record.reason) == (
        "disclosure",
        "dead_letter.show",
        "memory/1/3",
        "to see what the gateway sends",
    )
    desk.ledger.away = True
    with pytest.raises(Unavailable):
        await desk.office.show("memory/1/3", "cli:kim", "again")


async def test_there_is_no_such_letter() -> None:
    """A letter that is not there is not found, and nothing is recorded."""
    desk = Desk()
    with pytest.raises(NotFound):
        await desk.office.show("memory/1/3", "cli:kim", "curious")
    assert [record async for record in desk.audit.records()] == []


async def test_a_preview_writes_nothing() -> None:
    """Without a way back it is only said what would be done."""
    desk = Desk()
    await desk.fill()
    outcome = await desk.office.replay(Choice("not_json"), None, "cli:kim", "mended")
    assert (len(outcome.put_back), outcome.by_reason) == (3, {"not_json": 3})
    assert (desk.written(), desk.ledger.replays) == ([], {})


async def test_twice_is_once() -> None:
    """What was put back is left out the next time, whether all are chosen or it is named."""
    desk = Desk()
    await desk.fill()
    await desk.office.replay(Choice(ids=("memory/1/0",)), desk.way, "cli:kim", "mended")
    assert desk.written() == [b"v0"]
    outcome = await desk.office.replay(Choice("not_json"), desk.way, "cli:kim", "mended")
    assert (outcome.again, desk.written()) == (1, [b"v0", b"v1", b"v2"])
    outcome = await desk.office.replay(Choice(ids=("memory/1/0",)), desk.way, "cli:kim", "mended")
    assert (outcome.again, outcome.put_back) == (1, [])
    assert (await desk.office.overview(9)).waiting == 2
    assert [record.subject async for record in desk.audit.records()] == [
        "memory/1/0",
        "memory/1/1",
        "memory/1/2",
    ]


async def test_a_newer_letter_of_the_same_name_goes_back() -> None:
    """A mark of a letter that lay at the same place of an earlier log holds back nothing."""
    desk = Desk()
    await desk.fill()
    await desk.office.replay(Choice(), desk.way, "cli:kim", "mended")
    desk.letters.letters.clear()
    desk.clock.wind(1)
    await desk.fill()
    outcome = await desk.office.replay(Choice(), desk.way, "cli:kim", "mended")
    assert (outcome.again, len(outcome.put_back)) == (0, 5)


async def test_what_is_not_whole_stays() -> None:
    """Of a letter of which only the head was kept nothing is put back."""
    desk = Desk()
    head = Unreadable(9, b"head", "too_large", "why")
    desk.letters.letters.append(DeadLetter(SOURCE, head, desk.clock.now(), whole=False))
    outcome = await desk.office.replay(Choice(), desk.way, "cli:kim", "mended")
    assert (outcome.head_only, desk.written()) == (1, [])


async def test_what_was_written_is_marked_when_the_log_goes_away() -> None:
    """When the log goes away in the middle, those that were written are marked and the rest is not."""
    desk = Desk()
    await desk.fill()

    class Breaking(MemoryWayBack):
        async def put(self, letter: DeadLetter) -> bool:
            if letter.unreadable.offset == 2:
                raise Unavailable("the log is away")
            return await super().put(letter)

    with pytest.raises(Unavailable):
        await desk.office.replay(Choice(), Breaking(desk.log), "cli:kim", "mended")
    assert sorted(desk.ledger.replays) == ["memory/1/0", "memory/1/1"]
    await desk.office.replay(Choice(), desk.way, "cli:kim", "mended")
    assert desk.written() == [b"v0", b"v1", b"v2", b"v3", b"v4"]


async def test_what_the_log_does_not_take_is_told() -> None:
    """A letter that the log cannot take is named, not marked, and the others go."""
    desk = Desk()
    await desk.fill()

    class Narrow(MemoryWayBack):
        async def put(self, letter: DeadLetter) -> bool:
            return letter.unreadable.offset != 1 and await super().put(letter)

    outcome = await desk.office.replay(Choice("not_json"), Narrow(desk.log), "cli:kim", "mended")
    assert outcome.not_taken == ["memory/1/1"]
    assert sorted(desk.ledger.replays) == ["memory/1/0", "memory/1/2"]
