"""What the matcher remembers of the reads before, in a service that is stopped between two of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.service import Service
from tests.services.loopback import free_port

PLATE = "AB01CDE"
MISREAD = "AB0ICDE"


async def test_a_restart_between_two_reads_changes_no_probability(tmp_path: Path) -> None:
    """A misread some minutes after a sighting and some km away is as likely with a restart between the
    two as without, and the reason is the same."""
    at = datetime.now(UTC) - timedelta(minutes=9)
    with_restart, without = [
        await told(a_service(tmp_path / name), at, restart=restart)
        for name, restart in (("with", True), ("without", False))
    ]
    assert with_restart == without
    assert "a plausible drive" in without["reason"]


def a_service(folder: Path) -> Service:
    folder.mkdir()
    return Service({}, folder, free_port())


async def told(service: Service, at: datetime, *, restart: bool) -> dict[str, Any]:
    """What the hit of the misread says."""
    desk = Desk.register(service)
    service.start()
    try:
        assert desk.list_plate(PLATE).status_code == 201
        async with desk.car() as car:
            others = [timed(f"o{n}", plate, 1, at) for n, plate in enumerate(plates(9, 50))]
            desk.post_reads([*others, timed("exact", PLATE, 0, at, lat=51.9, lon=-0.3)])
            await car.until(lambda: len(car.hits) == 1)
        if restart:
            assert service.stop() == 0
            service.start()
        async with desk.car() as car:
            misread = timed("misread", MISREAD, 1, at + timedelta(minutes=8), lat=51.95, lon=-0.3)
            desk.post_reads([misread])
            await car.until(lambda: "misread" in {read_id for read_id, _ in car.pairs})
            hit = next(hit for hit in car.hits if hit["read"]["read_id"] == "misread")
            return {name: hit[name] for name in ("probability", "tier", "reason", "evidence")}
    finally:
        desk.client.close()
        service.kill()


def timed(read_id: str, plate: str, camera: int, at: datetime, **more: Any) -> dict[str, Any]:
    return {**a_read(read_id, plate, camera, **more), "captured_at": at.isoformat()}
