"""What the door adds to a read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.read_log import MemoryReadLog
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.backends.memory.wake_up import MemoryWakeUp
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.camera import Camera
from anpr_match.domain.errors import Forbidden, Problem, Unavailable
from anpr_match.domain.read import Read
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.pipeline.ingest import Ingest, in_zone, zone_of
from anpr_match.telemetry.metrics import Metrics

GATEWAY = Caller("t-1", Role.CAMERA, "herts", "gateway", all_cameras=True)
LONDON = ZoneInfo("Europe/London")


def a_read(camera_id: str = "CAM001", read_id: str = "") -> Read:
    at = datetime(2026, 1, 5, 11, 59, tzinfo=UTC)
    return Read(camera_id=camera_id, captured_at=at, plate="AB01CDE", read_id=read_id)


class Door:
    """Ingest over parts in memory."""

    def __init__(self) -> None:
        self.log = MemoryReadLog(partitions=1)
        self.metrics = Metrics("test")
        self.ledger = Ledger()
        self.cameras = CameraBook(MemoryRegisters(self.ledger), MemoryWakeUp(), 5.0)
        self.ingest = Ingest(self.log, self.cameras, WoundClock(), self.metrics)

    def counted(self, outcome: str) -> float | None:
        return self.metrics.registry.get_sample_value("anpr_reads_total", {"outcome": outcome})


async def test_problems_keep_their_place_among_reads() -> None:
    """What comes back is in the order of what was given, problems included."""
    door = Door()
    problems = [Problem("/1/plate", "missing", "x")]
    done = await door.ingest.accept([a_read(read_id="a"), problems, a_read(read_id="b")], GATEWAY)
    assert done[1] is problems
    assert [item.read_id for item in done if isinstance(item, Read)] == ["a", "b"]
    assert (door.counted("accepted"), door.counted("refused")) == (2, 1)


async def test_a_log_that_is_away_counts_nothing() -> None:
    """When appending fails nothing counts as accepted."""
    door = Door()
    door.log.away = True
    with pytest.raises(Unavailable):
        await door.ingest.accept([a_read()], GATEWAY)
    assert door.counted("accepted") is None


async def test_a_camera_of_another_force_is_forbidden_as_soon_as_it_is_known() -> None:
    """An unknown camera may be spoken for by any gateway; once a force registers it, by its own only."""
    door = Door()
    door.ingest.understood([a_read("ESX1")], GATEWAY)
    door.ledger.cameras["ESX1"] = Camera("ESX1", force="essex")
    await door.cameras.refresh()
    with pytest.raises(Forbidden):
        door.ingest.understood([a_read("ESX1")], GATEWAY)


@pytest.mark.parametrize(
    ("local", "received", "expected"),
    [
        # In the repeated hour, 01:00 to 02:00 on 25 October 2026, London shows each time twice.
        ("2026-10-25T01:30:00", "2026-10-25T00:31:00+00:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T01:30:00", "2026-10-25T01:31:00+00:00", "2026-10-25T01:30:00+00:00"),
        ("2026-10-25T01:30:00", "2026-10-26T00:00:00+00:00", "2026-10-25T01:30:00+00:00"),
        ("2026-10-25T00:59:59", "2026-10-25T00:00:00+00:00", "2026-10-24T23:59:59+00:00"),
        ("2026-10-25T02:00:00", "2026-10-25T02:00:00+00:00", "2026-10-25T02:00:00+00:00"),
        # 29 March 2026 has no 01:30 in London: a clock that was not put forward shows it.
        ("2026-03-29T01:30:00", "2026-03-29T01:30:10+00:00", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_the_hours_that_clocks_are_changed_in(local: str, received: str, expected: str) -> None:
    """Of two instants that a clock shows alike, the one nearer to the receipt is taken."""
    at = in_zone(datetime.fromisoformat(local), LONDON, datetime.fromisoformat(received))
    assert at == datetime.fromisoformat(expected)


@pytest.mark.parametrize("zone", ["Nowhere/Atall", "../etc/passwd", ""])
def test_a_zone_that_this_machine_lacks_is_the_default(zone: str) -> None:
    """A camera with a zone that nobody knows is taken to stand in Britain."""
    assert zone_of(Camera("C", zone=zone)) == LONDON
