"""Who may call what: every route for every role."""

from typing import Any

import pytest

from tests.unit.web.front_door import FrontDoor

OPEN = {("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics")}
ROLES = {"camera", "patrol", "analyst", "operator"}
ALLOWED = {
    ("POST", "/v1/reads"): {"camera"},
    ("GET", "/v1/watchlist/entries"): {"analyst"},
    ("POST", "/v1/watchlist/entries"): {"analyst"},
    ("POST", "/v1/watchlist/entries/search"): {"analyst"},
    ("GET", "/v1/watchlist/entries/{entry_id}"): {"analyst"},
    ("PATCH", "/v1/watchlist/entries/{entry_id}"): {"analyst"},
    ("DELETE", "/v1/watchlist/entries/{entry_id}"): {"analyst"},
    ("GET", "/v1/watchlist/entries/{entry_id}/history"): {"analyst"},
    ("GET", "/v1/cameras"): {"analyst", "operator"},
    ("POST", "/v1/cameras"): {"operator"},
    ("GET", "/v1/units"): {"analyst", "operator"},
    ("POST", "/v1/units"): {"operator"},
    ("POST", "/v1/units/{unit_id}/shifts"): {"patrol", "analyst", "operator"},
    ("POST", "/v1/units/{unit_id}/shifts/end"): {"patrol", "analyst", "operator"},
    ("GET", "/v1/units/{unit_id}/load"): {"patrol", "analyst", "operator"},
    ("GET", "/v1/hits"): {"patrol", "analyst"},
    ("GET", "/v1/hits/unanswered"): {"analyst", "operator"},
    ("GET", "/v1/hits/precision"): {"analyst"},
    ("POST", "/v1/hits/{hit_id}/acknowledgements"): {"patrol", "analyst"},
    ("POST", "/v1/hits/{hit_id}/outcomes"): {"patrol", "analyst"},
    ("GET", "/v1/hits/{hit_id}"): {"patrol", "analyst"},
    ("GET", "/v1/hits/stream"): {"patrol", "analyst"},
    ("POST", "/v1/ws-tickets"): {"patrol", "analyst"},
}


def called(route: str) -> str:
    """An address of the route; the stream is asked for an impossible place, lest it go on for ever."""
    route = route.replace("{entry_id}", "e-none").replace("{hit_id}", "h-none").replace("{unit_id}", "u-none")
    return route + "?after=x" if route.endswith("/stream") else route


async def described(door: FrontDoor) -> dict[str, Any]:
    found: dict[str, Any] = (await door.call("GET", "/openapi.json", None)).json()
    return found


async def routes(door: FrontDoor) -> set[tuple[str, str]]:
    """Method and path of everything that the description names."""
    paths = (await described(door))["paths"]
    return {(method.upper(), path) for path, operations in paths.items() for method in operations}


async def test_every_route_says_who_may_call_it(door: FrontDoor) -> None:
    """A route that this table does not name fails here."""
    assert await routes(door) == OPEN | set(ALLOWED)


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED))
async def test_each_role_gets_what_it_may(door: FrontDoor, method: str, path: str) -> None:
    """401 without a good token, 403 for the wrong role, and neither for the right one."""
    route, path = path, called(path)
    for who in (None, "anpr_nobody", "x"):
        answer = await door.call(method, path, who)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    for role in ROLES:
        answer = await door.call(method, path, role, {} if method in ("POST", "PATCH") else None)
        allowed = role in ALLOWED[method, route]
        assert (answer.status_code not in (401, 403)) is allowed, answer.text
        if not allowed:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer ", "bearer  ", "Token x"])
async def test_what_is_no_bearer_token_is_not_signed_in(door: FrontDoor, header: str) -> None:
    """Other schemes and empty tokens are as none."""
    answer = await door.http.get("/v1/hits", headers={"Authorization": header})
    assert answer.status_code == 401


async def test_a_token_in_the_address_is_no_token(door: FrontDoor) -> None:
    """Addresses are logged, so no route takes a token from one."""
    for name in ("token", "access_token", "ticket"):
        answer = await door.http.get(f"/v1/hits?{name}={door.tokens['patrol']}")
        assert answer.status_code == 401


async def test_a_revoked_token_ends_within_the_minute(door: FrontDoor) -> None:
    """What the door remembers of a token is forgotten in time."""
    path = "/v1/hits"
    assert (await door.call("GET", path, "patrol")).status_code == 200
    tokens = await door.registers.tokens()
    token_id = next(caller.token_id for caller in tokens if caller.name == "patrol")
    await door.registers.revoke_token(token_id, "test", door.clock.now())
    door.clock.wind(60)
    assert (await door.call("GET", path, "patrol")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/v1/hits", 405), ("GET", "/v1/hits/", 404)],
)
async def test_ways_that_there_are_not_are_problems(
    door: FrontDoor, method: str, path: str, status: int
) -> None:
    """404 and 405 are problem+json too, and nothing is redirected."""
    answer = await door.call(method, path, "patrol")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "allow" in answer.headers or status == 404


async def test_a_bound_on_bodies_holds_for_every_route(door: FrontDoor) -> None:
    """Too large a body is 413, with its length declared or not, before and after signing in."""

    async def endless() -> Any:
        for _ in range(30):
            yield b"x" * 100_000

    for path, who in (("/v1/reads", "camera"), ("/v1/watchlist/entries", "analyst")):
        declared = await door.call("POST", path, who, b"x" * 3_000_000)
        token = {"Authorization": f"Bearer {door.tokens[who]}"}
        undeclared = await door.http.post(path, content=endless(), headers=token)
        for answer in (declared, undeclared):
            assert answer.status_code == 413
            assert answer.headers["content-type"] == "application/problem+json"


async def test_the_description_is_whole(door: FrontDoor) -> None:
    """OpenAPI 3.1; each operation has a summary, says what its errors look like, and each reference
    leads somewhere."""
    text = (await door.call("GET", "/openapi.json", None)).text
    description = await described(door)
    assert description["openapi"].startswith("3.1")
    schemas = description["components"]["schemas"]
    references = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert references <= set(schemas)
    assert "HTTPValidationError" not in text
    for path, operations in description["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            guarded = path.startswith("/v1/")
            assert ("401" in operation["responses"]) is guarded
            assert bool(operation.get("security")) is guarded


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED))
async def test_stores_that_are_away_are_said(door: FrontDoor, method: str, path: str) -> None:
    """With the database away every call that needs it is a 503 that asks to come back."""
    role = min(ALLOWED[method, path])
    door.ledger.away = True
    answer = await door.call(method, called(path), role)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.headers["content-type"] == "application/problem+json"
