"""Health and numbers."""

from anpr_match.telemetry.health import Finding
from tests.unit.web.front_door import FrontDoor


async def test_a_process_that_answers_lives(door: FrontDoor) -> None:
    """Liveness asks nothing of the stores."""
    answer = await door.call("GET", "/livez", None)
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


async def test_readiness_says_what_is_missing(door: FrontDoor) -> None:
    """503 with each check by name as long as one does not hold, 200 when all do."""

    async def good() -> Finding:
        return Finding(ok=True, detail="revision 7")

    async def away() -> Finding:
        return Finding(ok=False, detail="the database is away")

    door.services.health.add("watchlist", good)
    ready = await door.call("GET", "/readyz", None)
    expected = {"ready": True, "checks": {"watchlist": {"ok": True, "detail": "revision 7"}}}
    assert (ready.status_code, ready.json()) == (200, expected)
    door.services.health.add("database", away)
    missing = await door.call("GET", "/readyz", None)
    assert missing.status_code == 503
    assert missing.json()["ready"] is False
    assert missing.json()["checks"]["database"] == {"ok": False, "detail": "the database is away"}


async def test_numbers_are_in_prometheus_text(door: FrontDoor) -> None:
    """The catalogue is served with its own media type."""
    answer = await door.call("GET", "/metrics", None)
    assert answer.headers["content-type"].startswith("text/plain")
    assert "anpr_build_info" in answer.text
