"""`anpr-match demo` as a process, watched from outside."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.screen import Screen
from tests.services.loopback import free_port

READY_S = 90.0
STOP_S = 15.0
FIRST_HIT_MS = 15_000
STORY_MS = 120_000


@dataclass
class Demo:
    """A running demonstration."""

    process: subprocess.Popen[str]
    folder: Path
    printed: str

    @property
    def told(self) -> dict[str, Any]:
        """What it wrote for programs."""
        told: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return told

    def call(self, method: str, path: str, role: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.told['tokens'][role]}"}
        return httpx.request(method, self.told["url"] + path, headers=headers, timeout=30, **more)

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_S)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """Start it on the folder, and wait until it has printed its welcome."""
    words = ["demo", "--port", str(free_port()), "--no-browser", "--data", str(folder), "--seed", "5"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "anpr_match", *words],
        env=env,
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Demo(process, folder, _welcome(process.stdout))
    finally:
        process.kill()
        process.wait(STOP_S)
        process.stdout.close()


def _welcome(out: IO[str]) -> str:
    lines = []
    for line in out:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("it ended without a welcome: " + "".join(lines))


@pytest.fixture(scope="module")
def demo(real_services: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demonstration for the tests of this file that leave it as it is."""
    with running(tmp_path_factory.mktemp("demo") / "data") as started:
        yield started


@pytest.fixture
async def screen(demo: Demo, page: Page) -> AsyncIterator[Screen]:
    """A browser that has not yet opened the page."""
    screen = Screen(page, demo.told["url"])
    yield screen
    screen.silent()


def test_it_tells_how_to_sign_in_as_each_role(demo: Demo) -> None:
    """The address and a token for each role are printed, and written for the owner's programs alone."""
    assert set(demo.told) == {"url", "tokens"}
    assert set(demo.told["tokens"]) == {"camera", "patrol", "analyst", "operator"}
    for told in (demo.told["url"], *demo.told["tokens"].values()):
        assert told in demo.printed
    assert stat.S_IMODE((demo.folder / "demo.json").stat().st_mode) == 0o600


def test_each_token_opens_the_door_of_its_role(demo: Demo) -> None:
    """Camera, patrol, analyst and operator can each do what the contract says."""
    read = {"camera_id": "HERTS-CH32", "captured_at": "2026-01-01T12:00:00Z", "plate": "AB01CDE"}
    assert demo.call("POST", "/v1/reads?dry_run=true", "camera", json=read).status_code == 200
    assert demo.call("GET", "/v1/hits?after=0", "patrol").status_code == 200
    assert demo.call("GET", "/v1/watchlist/entries?state=active", "analyst").status_code == 200
    assert demo.call("GET", "/v1/cameras", "operator").status_code == 200
    assert demo.call("GET", "/v1/watchlist/entries", "patrol").status_code == 403


async def test_a_hit_is_on_screen_soon_after_the_page_opens(screen: Screen) -> None:
    """Whoever opens the page on this machine is signed in and sees a hit within fifteen seconds."""
    await screen.page.goto(screen.url)
    await expect(screen.page.locator(".card").first).to_be_visible(timeout=FIRST_HIT_MS)
    await expect(screen.page.locator("#callsign")).to_have_text("HERTS CH-32")
    await expect(screen.page.locator("#demo")).to_contain_text("Demonstration")
    await screen.live()


async def test_whoever_signed_out_can_come_back(screen: Screen) -> None:
    """One press opens the demonstration again; a tab with a token of an older one joins by itself."""
    await screen.page.goto(screen.url)
    await screen.live()
    await screen.page.get_by_role("button", name="Sign out").click()
    await expect(screen.page.locator("#state-word")).to_have_text("Offline")
    await screen.page.get_by_role("button", name="Open as HERTS CH-32").click()
    await screen.live()
    await screen.run("() => sessionStorage.setItem('anpr.token', 'anpr_of-an-older-one')")
    await screen.page.reload()
    await expect(screen.page.locator(".card").first).to_be_visible()
    await screen.live()
    screen.refused()


@pytest.mark.timeout(300)  # the whole story
async def test_the_story_is_told(screen: Screen) -> None:
    """A misread car is confirmed, one hit is late, and a card goes when its entry is withdrawn."""
    await screen.page.goto(screen.url)
    convoy = screen.page.locator(".card", has_text="Lead car of a coursing convoy")
    await expect(convoy.first.locator(".tier-exact")).to_be_visible(timeout=STORY_MS)
    await expect(convoy.first.locator(".counter")).to_be_visible()
    await expect(screen.page.locator(".card[data-late]").first).to_be_visible(timeout=STORY_MS)
    notice = screen.page.locator(".notice", has_text="sold in good faith")
    await expect(notice.first).to_be_visible(timeout=STORY_MS)


def test_it_stops_at_ctrl_c_and_starts_again(real_services: None, tmp_path: Path) -> None:
    """Ctrl-C ends it cleanly; started again on its folder, the same sign-ins are good."""
    folder = tmp_path / "data"
    with running(folder) as first:
        tokens = first.told["tokens"]
        assert first.interrupt() == 0
    with running(folder) as again:
        assert again.told["tokens"] == tokens
        assert again.call("GET", "/v1/hits", "patrol").status_code == 200
        assert again.interrupt() == 0


def test_a_taken_port_is_told_in_one_line(demo: Demo, tmp_path: Path) -> None:
    """When the port is taken it says so, and ends with 1."""
    port = demo.told["url"].rsplit(":", 1)[1]
    ended = subprocess.run(
        [sys.executable, "-m", "anpr_match", "demo", "--port", port, "--data", str(tmp_path / "other")],
        check=False,
        capture_output=True,
        text=True,
        timeout=READY_S,
    )
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
    assert "Traceback" not in ended.stderr
