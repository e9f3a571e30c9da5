"""The live page as it is served."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpr_match.web.ui import pages
from tests.unit.web.front_door import FrontDoor

PARTS = sorted(path.name for path in (Path(pages.__file__).parent / "static").iterdir())


async def test_the_page_is_under_a_strict_policy(door: FrontDoor) -> None:
    """Nothing from elsewhere and nothing inline may run, and nothing of the page needs it."""
    answer = await door.http.get("/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answer.text)
    assert not re.findall(r"(?:src|href)=\"(?!/static/|#)", answer.text)


@pytest.mark.parametrize("name", PARTS)
async def test_each_part_is_served_and_remembered(door: FrontDoor, name: str) -> None:
    """A part has its media type, and is not sent again to a browser that holds it."""
    answer = await door.http.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].split(";")[0] in {
        "text/css",
        "text/html",
        "text/javascript",
        "image/svg+xml",
    }
    held = {"If-None-Match": answer.headers["etag"]}
    again = await door.http.get(f"/static/{name}", headers=held)
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fpages.py", "%2e%2e/pages.py"])
async def test_nothing_else_is_served(door: FrontDoor, name: str) -> None:
    """What is no part of the page is not there."""
    assert (await door.http.get(f"/static/{name}")).status_code == 404


def calling(door: FrontDoor, peer: str, host: str) -> httpx.AsyncClient:
    """A client at the address `peer` that calls the service by the name `host`."""
    app: Any = door.http._transport.app  # type: ignore[attr-defined]  # the transport of the door is the app itself
    transport = httpx.ASGITransport(app=app, client=(peer, 40_000))
    app.state.demo_session = pages.DemoSession("HERTS CH-32", "anpr_demo")
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.mark.parametrize(
    ("peer", "host", "given"),
    [
        ("127.0.0.1", "127.0.0.1:8000", True),
        ("127.0.0.1", "localhost:8000", True),
        ("::1", "[::1]:8000", True),
        ("127.0.0.1", "rebound.example:8000", False),
        ("192.0.2.7", "127.0.0.1:8000", False),
        ("192.0.2.7", "192.0.2.1:8000", False),
    ],
)
async def test_the_ready_sign_in_is_for_this_machine_only(
    door: FrontDoor, peer: str, host: str, given: bool
) -> None:
    """The demonstration's sign-in is given on this machine, and not to a page whose name was bent here."""
    async with calling(door, peer, host) as client:
        answer = await client.get("/demo/session")
    assert answer.status_code == (200 if given else 204)
    assert answer.headers["cache-control"] == "no-store"
    if given:
        assert answer.json() == {"unit": "HERTS CH-32", "token": "anpr_demo"}


async def test_a_service_offers_no_ready_sign_in(door: FrontDoor) -> None:
    """Without a demonstration there is nothing to be had, and no error for the browser to log."""
    answer = await door.http.get("/demo/session", headers={"Host": "127.0.0.1"})
    assert answer.status_code == 204
    assert answer.content == b""
