"""The live page when more vehicles pass than its board holds: none goes without a word."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.e2e.desk import Desk, a_read, plates
from tests.e2e.screen import Screen
from tests.e2e.service import Service
from tests.services.loopback import free_port

CARDS_MAX = 120
TOO_MANY = 3
BACKLOG = CARDS_MAX
"""How many events the page fetches back when it is opened."""
UNKNOWN = "There may be earlier hits that are not shown here"
# Long enough for a board to be filled before, and shorter than a test waits for something to show.
ROUTING = {"ANPR_ROUTING__WIDER_AFTER_S": "15"}
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
WATCH_ALERTS = """() => {
  window.alerts = [];
  const note = () => window.alerts.push(document.querySelector("#alert").textContent);
  new MutationObserver(note).observe(document.querySelector("#alert"), { childList: true });
}"""
BOARD = (Path(__file__).parent / "board.js").read_text(encoding="utf-8")


@pytest.fixture
def desk(real_services: None, tmp_path: Path) -> Iterator[Desk]:
    """Tokens and calls at an embedded service of its own."""
    service = Service(ROUTING, tmp_path, free_port())
    made = Desk.register(service)
    service.start()
    yield made
    made.client.close()
    service.kill()


@pytest.fixture
def entries(desk: Desk) -> dict[str, str]:
    """Entry ids by plate, as the page draws it, of more vehicles than the board has places. The last one
    is urgent, and so goes wider while a test looks on."""
    listed = {}
    marks = [f"{mark[:4]} {mark[4:]}" for mark in plates(5, CARDS_MAX + TOO_MANY)]
    for plate in marks:
        answer = desk.list_plate(plate, priority=1 if plate == marks[-1] else 2)
        assert answer.status_code == 201, answer.text
        listed[plate] = str(answer.json()["entry_id"])
    return listed


@pytest.fixture
def calm(entries: dict[str, str]) -> dict[str, str]:
    """Those of them that wait for an answer for longer than a test lasts: one more than there are places."""
    return dict(list(entries.items())[: CARDS_MAX + 1])


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
    await expect(line).to_contain_text(UNKNOWN)


async def test_a_card_that_made_room_comes_back_when_it_goes_wider(
    screen: Screen, desk: Desk, entries: dict[str, str]
) -> None:
    """A hit whose card made room and that nobody answered is shown again as it goes to more units, once."""
    first, *_ = await filled(screen, desk, entries)
    await expect(screen.card(first)).to_have_count(0)
    await screen.run(WATCH_ALERTS)
    await expect(screen.card(first)).to_have_count(1)
    await expect(screen.card(first).locator(".handling")).to_have_text(
        "Not answered near by: sent to all forces"
    )
    await expect(screen.page.locator(".card").first).to_contain_text("sent to all forces")
    await expect(screen.page.locator("#news")).to_contain_text("sent to all forces")
    await expect(screen.page.locator("#earlier")).to_contain_text("3 earlier hits are not shown here")

    after = next(plate for plate in entries if plate != first)
    desk.post_reads([a_read("after", after)])
    await expect(screen.page.locator(".card").first.locator(".plate-face")).to_contain_text(after)
    spelt = " ".join(first.replace(" ", ""))
    assert [spelt in alert for alert in await screen.run("() => window.alerts")].count(True) == 1


async def test_what_brings_a_card_back(screen: Screen, desk: Desk, entries: dict[str, str]) -> None:
    """News that asks for an answer brings back a card that made room, each news once and others' with an
    alert; a hit that is delivered again, or news that was here before, does not."""
    await filled(screen, desk, entries)
    items = desk.call("GET", "/v1/hits?after=0&limit=1", desk.patrol).json()["items"]
    assert await screen.run(BOARD, items[0]["hit"]) == {
        "made room": [False, 1],
        "delivered again": [False, 1],
        "seen by another": [False, 1],
        "sent to all": [True, 2],
        "made room once more": [False, 2],
        "sent to all, delivered again": [False, 2],
        "given back by us": [True, 2],
        "a further read after it made room": [True, 3],
        "its first read goes to the control room": [True, 4],
        "withdrawn after it made room": [False, 4],
        "sent to all after that": [False, 4],
    }


async def test_a_page_that_was_opened_late_says_so(screen: Screen, desk: Desk, calm: dict[str, str]) -> None:
    """Opened anew, the page fetches the end of the feed, and says that there may be more before it; not
    when it has fetched all that there is, or all that is kept."""
    line = screen.page.locator("#earlier")
    await filled(screen, desk, dict(list(calm.items())[: BACKLOG // 2]))
    await screen.page.reload()
    await screen.live()
    await expect(screen.page.locator(".card")).to_have_count(BACKLOG // 2)
    await expect(line).to_be_hidden()

    more = list(calm)[:BACKLOG]
    desk.post_reads([a_read(f"more-{plate}", plate) for plate in more])
    await expect(screen.card(more[-1])).to_be_visible()
    await expect(line).to_be_hidden()
    await screen.page.reload()
    await screen.live()
    await expect(screen.page.locator(".card")).to_have_count(BACKLOG)
    await expect(line).to_contain_text(UNKNOWN)
    await expect(line).to_contain_text("Your control room can look them up")

    await screen.page.route("**/v1/hits?after=*", kept_from_here)
    await screen.page.reload()
    await screen.live()
    await expect(screen.page.locator(".card")).to_have_count(BACKLOG)
    await expect(line).to_be_hidden()
    await screen.page.unroute_all()


async def kept_from_here(route: Route) -> None:
    """Answer as if nothing before what is asked for were kept any more."""
    answer = await route.fetch()
    told = await answer.json()
    after = int(route.request.url.partition("after=")[2].partition("&")[0])
    await route.fulfill(response=answer, json={**told, "floor_seq": after})


async def test_a_full_board_that_was_opened_late_claims_no_number(
    screen: Screen, desk: Desk, entries: dict[str, str]
) -> None:
    """What made room since the page was opened is the least that is not shown."""
    came = await filled(screen, desk, entries)
    await screen.page.reload()
    await screen.live()
    desk.post_reads([a_read(f"again-{plate}", plate) for plate in came])
    await expect(screen.card(came[-1])).to_be_visible()
    await expect(screen.page.locator(".card")).to_have_count(CARDS_MAX)
    await expect(screen.page.locator("#earlier")).to_contain_text(
        "At least 3 earlier hits are not shown here"
    )


@dataclass
class Line:
    """Between the page and the service: can keep what the service says, and say something in its place."""

    cars: list[WebSocketRoute] = field(default_factory=list)
    is_cut: bool = False

    def __call__(self, car: WebSocketRoute) -> None:
        self.cars.append(car)
        car.connect_to_server().on_message(lambda frame: None if self.is_cut else car.send(frame))

    def reset(self, log: dict[str, Any], floor_seq: int) -> None:
        """Tell the page that it was away for too long to go on from where it was."""
        bounds = {"epoch": log["epoch"], "head_seq": log["head_seq"], "floor_seq": floor_seq}
        self.cars[-1].send(json.dumps({"type": "reset", "reason": "too_old", **bounds}))


@pytest.fixture
async def line(page: Page) -> Line:
    """The line of the page, which is to be opened with it."""
    line = Line()
    await page.route_web_socket("**/v1/hits/ws", line)
    return line


async def test_what_is_fetched_again_changes_nothing(
    line: Line, screen: Screen, desk: Desk, calm: dict[str, str]
) -> None:
    """A page that is sent back to what it holds already shows it once, quietly, and misses nothing."""
    came = await filled(screen, desk, calm)
    shown = await screen.page.locator(".card .plate-face").all_inner_texts()
    await screen.run(WATCH_ALERTS)
    line.reset(await until(desk, came[-1]), floor_seq=0)
    desk.post_reads([a_read("after", came[-1], camera=1)])
    await expect(screen.card(came[-1]).locator(".counter")).to_contain_text("2 reads")
    assert await screen.page.locator(".card .plate-face").all_inner_texts() == shown
    await expect(screen.page.locator("#earlier")).to_have_text(re.compile("^1 earlier hit is not shown here"))
    assert await screen.run("() => window.alerts") == []


async def test_a_hole_that_is_not_fetched_is_told(
    line: Line, screen: Screen, desk: Desk, calm: dict[str, str]
) -> None:
    """A page that was away for longer than the service goes back says that it may not show everything."""
    *_, held = await filled(screen, desk, dict(list(calm.items())[:4]))
    await expect(screen.page.locator("#earlier")).to_be_hidden()
    line.is_cut = True
    missed, newest = list(calm)[4:6]
    desk.post_reads([a_read(f"away-{plate}", plate) for plate in (missed, newest)])
    log = await until(desk, newest)
    line.reset(log, floor_seq=log["head_seq"] - 1)
    await expect(screen.card(newest)).to_be_visible()
    await expect(screen.card(missed)).to_have_count(0)
    await expect(screen.card(held)).to_be_visible()
    await expect(screen.page.locator("#earlier")).to_contain_text(UNKNOWN)


async def until(desk: Desk, plate: str) -> dict[str, Any]:
    """The log, as soon as its last event is a hit on the plate."""
    for _ in range(500):
        log: dict[str, Any] = desk.call("GET", "/v1/hits?limit=1000", desk.patrol).json()
        if log["items"][-1]["hit"]["plate_listed"] == plate:
            return log
    raise AssertionError("the hit never came")


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
