"""What a process says of itself in numbers."""

from anpr_match.pipeline.vitals import Vitals
from anpr_match.telemetry.health import Finding, Health
from anpr_match.telemetry.metrics import Metrics


async def test_checks_and_disk_are_numbers() -> None:
    """Each check is 1 while it holds and 0 while it does not, also one that hinders nothing."""
    held = {"reads": True, "poison": False}
    health, metrics = Health(), Metrics("0")

    async def reads() -> Finding:
        return Finding(ok=held["reads"], detail="")

    async def poison() -> Finding:
        return Finding(ok=held["poison"], detail="", hinders=False)

    health.add("reads", reads)
    health.add("poison", poison)
    vitals = Vitals(health, lambda: 42, metrics)

    def told(check: str) -> float | None:
        return metrics.registry.get_sample_value("anpr_check_ok", {"check": check})

    await vitals.look()
    assert (told("reads"), told("poison")) == (1, 0)
    assert metrics.registry.get_sample_value("anpr_data_free_bytes") == 42
    held.update(reads=False, poison=True)
    await vitals.look()
    assert (told("reads"), told("poison")) == (0, 1)


async def test_a_disk_without_room_is_full() -> None:
    """With less room than is asked for the process is not ready, and says why."""
    for free, ok, detail in [
        (50_000_000, True, "50 MB free"),
        (49_000_000, False, "disk_full: 49 MB free where the data lie"),
    ]:
        room = await Vitals(Health(), lambda free=free: free, Metrics("0"), 50_000_000).room()  # type: ignore[misc]  # bound default
        assert (room.ok, room.detail, room.hinders) == (ok, detail, True)
