"""What makes a hit the same hit."""

from datetime import UTC, datetime

from anpr_match.domain.hit import hit_id
from anpr_match.domain.read import Read

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_hit_is_told_by_camera_read_and_entry() -> None:
    """The same read on the same entry is the same hit; another camera's read of the same number is not."""
    first = hit_id(Read("CAM001", AT, "AB01CDE", read_id="1"), "e-1")
    assert first == hit_id(Read("CAM001", AT, "AB01 CDE", read_id="1"), "e-1")
    assert first != hit_id(Read("CAM002", AT, "AB01CDE", read_id="1"), "e-1")
    assert first != hit_id(Read("CAM001", AT, "AB01CDE", read_id="2"), "e-1")
    assert first != hit_id(Read("CAM001", AT, "AB01CDE", read_id="1"), "e-2")
