"""The live page when more vehicles pass than its board holds: none goes without a word."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.screen import Screen
from tests.e2e.service import Service
from tests.services.loopback import free_port

CARDS_MAX = 120
TOO_MANY = 3
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture
def desk(real_services: None, tmp_path: Path) -> Iterator[Desk]:
    """Tokens and calls at an embedded service of its own."""
    service = Service({}, tmp_path, free_port())
    made = Desk.register(service)
    service.start()
    yield made
    made.client.close()
    service.kill()


@pytest.fixture
def entries(desk: Desk) -> dict[str, str]:
    """Entry ids by plate, as the page draws it, of more vehicles than the board has places."""
    listed = {}
    for plate in (f"{mark[:4]} {mark[4:]}" for mark in plates(5, CARDS_MAX + TOO_MANY)):
        answer = desk.list_plate(plate)
        assert answer.status_code == 201, answer.text
        listed[plate] = str(answer.json()["entry_id"])
    return listed


@pytest.fixture
async def screen(desk: Desk, page: Page) -> AsyncIterator[Screen]:
    """The page, signed in and live. Afterwards the browser must have had nothing to complain of."""
    screen = Screen(page, desk.url)
    await screen.sign_in(desk.patrol)
    await screen.live()
    yield screen
    screen.silent()


async def filled(screen: Screen, desk: Desk, entries: dict[str, str]) -> list[str]:
    """Let every vehicle pass once; the plates in the order in which their cards came."""
    *others, last = entries
    # A list is followed in the order of its changes: what is found of the last entry is found of all.
    for attempt in range(20):
        desk.post_reads([a_read(f"first-{attempt}", last)])
        try:
            await expect(screen.card(last)).to_be_visible(timeout=1_000)
        except AssertionError:
            continue
        break
    desk.post_reads([a_read(f"pass-{plate}", plate) for plate in others])
    await expect(screen.card(others[-1])).to_be_visible()
    return [last, *others]


async def test_a_full_board_says_what_it_does_not_show(
    screen: Screen, desk: Desk, entries: dict[str, str]
) -> None:
    """A board that is full keeps the newest cards, and says how many are not shown and who has them."""
    line = screen.page.locator("#earlier")
    await expect(line).to_be_hidden()
    came = await filled(screen, desk, entries)
    await expect(screen.page.locator(".card")).to_have_count(CARDS_MAX)
    await expect(line).to_contain_text("3 earlier hits are not shown here")
    await expect(line).to_contain_text("your control room can look them up")
    await expect(screen.page.locator("#news")).to_contain_text("1 earlier hit is not shown here")
    for plate in came[:TOO_MANY]:
        await expect(screen.card(plate)).to_have_count(0)

    desk.post_reads([a_read("again", came[0])])
    await expect(screen.card(came[0])).to_be_visible()
    await expect(screen.card(came[TOO_MANY])).to_have_count(0)
    await expect(line).to_contain_text("3 earlier hits are")

    body, headers = {"reason": "sold in good faith"}, {"If-Match": '"1"'}
    path = f"/v1/watchlist/entries/{entries[came[1]]}"
    assert desk.call("DELETE", path, desk.analyst, json=body, headers=headers).status_code == 200
    await expect(line).to_contain_text("2 earlier hits are")

    await screen.page.get_by_role("button", name="Sign out").click()
    await expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(line).to_be_hidden()
    await expect(line).to_be_empty()
    await screen.sign_in(desk.patrol)
    await screen.live()
    await expect(line).to_be_hidden()


async def test_what_a_full_board_says_can_be_read(
    screen: Screen, desk: Desk, entries: dict[str, str]
) -> None:
    """The line stands at the end of the cards, by day and by night, on a phone, and also when covered."""
    await filled(screen, desk, entries)
    line = screen.page.locator("#earlier")
    for scheme in ("light", "dark"):
        await screen.page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        assert await screen.run(CONTRAST) == []
    for width in (390, 320):
        await screen.page.set_viewport_size({"width": width, "height": 800})
        await line.scroll_into_view_if_needed()
        await expect(line).to_be_in_viewport(ratio=1)
        assert await screen.run("() => document.documentElement.scrollWidth") <= width
    last_card, said = await screen.page.locator(".card").last.bounding_box(), await line.bounding_box()
    assert last_card is not None
    assert said is not None
    assert said["y"] >= last_card["y"] + last_card["height"]
    await screen.page.keyboard.press("Escape")
    await expect(line).to_be_visible()
