"""The live page in a real browser, fed by a running service."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.e2e.desk import Desk, a_read
from tests.e2e.screen import Screen
from tests.e2e.service import Service

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def desk(running: Service) -> Iterator[Desk]:
    """Tokens and calls; the service is up by then."""
    made = Desk.register(running)
    running.start()
    yield made
    made.client.close()


def list_live(desk: Desk, plate: str | None, **terms: Any) -> str:
    """List a plate and wait until the matcher has it; the entry's id."""
    answer = desk.list_plate(plate, **terms)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["entry_id"])


async def seen(screen: Screen, desk: Desk, plate: str, read_as: str | None = None, **more: Any) -> str:
    """Post reads of the plate, one a try, until its card shows; the read id of the last one."""
    for attempt in range(20):
        read_id = f"{plate}-{attempt}"
        desk.post_reads([a_read(read_id, read_as or plate.replace(" ", ""), **more)])
        try:
            await expect(screen.card(plate)).to_be_visible(timeout=1_000)
        except AssertionError:
            continue
        return read_id
    raise AssertionError("the card never came")


async def test_a_hit_appears_with_its_doubtful_character_marked(screen: Screen, desk: Desk) -> None:
    """A misread plate shows as read and as listed, with the doubtful character boxed in both."""
    terms = {"response": "stop_with_caution", "warnings": ["violence"], "priority": 1}
    list_live(desk, "AB01 CBE", **terms)
    await seen(screen, desk, "AB01 CBE", "AB01C8E", confidence=0.8)
    card = screen.card("AB01 CBE")
    marks = card.locator(".compare mark")
    await expect(marks).to_have_text(["8", "B"])
    await expect(card.locator(".plate mark")).to_have_text("B")
    await expect(card.locator(".tier")).to_contain_text("check plate")
    await expect(card.locator(".chance")).to_contain_text("%")
    await expect(card.locator(".response")).to_have_text("Stop with caution")
    await expect(card.locator(".warnings")).to_contain_text("Violence")
    await expect(card.locator(".road")).to_contain_text("A505")
    outlined = await marks.first.evaluate("(mark) => getComputedStyle(mark).boxShadow")
    assert outlined != "none", "the mark must not be told by colour alone"


async def test_no_hit_is_filtered_out(screen: Screen, desk: Desk) -> None:
    """The least urgent hit, only possible, another force's, from a camera that nobody knows, has its card."""
    list_live(desk, None, pattern="AX01*", owner_force="kent", priority=3, response="log_only")
    await seen(screen, desk, "AX01*", "AX01WWW", camera=99)
    await expect(screen.card("AX01*").locator(".note").last).to_contain_text("Camera not on the register")


async def test_the_age_counts(screen: Screen, desk: Desk) -> None:
    """The age on a card goes on by itself."""
    list_live(desk, "AC01 DDD")
    await seen(screen, desk, "AC01 DDD")
    age = screen.card("AC01 DDD").locator(".age")
    first = await age.inner_text()
    await expect(age).not_to_have_text(first)


async def test_a_wrong_clock_in_the_car_does_not_change_an_age(desk: Desk, page: Page) -> None:
    """Ages are told by the service's clock, also on a device that is an hour ahead."""
    await page.clock.install(time=datetime.now(UTC) + timedelta(hours=1))
    screen = Screen(page, desk.url)
    await screen.sign_in(desk.patrol)
    list_live(desk, "AR01 XXX")
    await seen(screen, desk, "AR01 XXX")
    await expect(screen.card("AR01 XXX").locator(".age")).to_contain_text(" s ago")
    assert "h" not in await screen.card("AR01 XXX").locator(".age").inner_text()
    screen.silent()


async def test_reads_of_one_passing_share_a_card(screen: Screen, desk: Desk) -> None:
    """Further reads of a vehicle that passes fold into its card, with a counter."""
    list_live(desk, "AD01 FFF")
    await seen(screen, desk, "AD01 FFF")
    desk.post_reads([a_read(f"fold-{n}", "AD01FFF", camera=n) for n in range(3)])
    card = screen.card("AD01 FFF")
    await expect(card.locator(".counter")).to_contain_text("reads of this passing")
    await expect(card).to_have_count(1)


async def test_a_new_hit_is_read_out_once(screen: Screen, desk: Desk) -> None:
    """A screen reader hears of a new hit: what to do, and the plate letter by letter."""
    list_live(desk, "AE01 GGG", response="observe")
    await seen(screen, desk, "AE01 GGG")
    await expect(screen.page.get_by_role("alert").filter(has_text="A E 0 1 G G G")).to_contain_text("Observe")


async def test_a_late_hit_is_marked_and_not_announced(screen: Screen, desk: Desk) -> None:
    """A hit that reached us late shows its age and the word, and is neither sounded nor read out."""
    list_live(desk, "AF01 HHH")
    long_ago = (datetime.now(UTC) - timedelta(minutes=40)).isoformat()
    await seen(screen, desk, "AF01 HHH", captured_at=long_ago)
    await expect(screen.card("AF01 HHH").locator(".late")).to_contain_text("40 min")
    assert "A F 0 1" not in await screen.page.locator("#alert").inner_text()


async def test_a_withdrawn_entry_takes_its_card_away(screen: Screen, desk: Desk) -> None:
    """When its entry is withdrawn the card goes, and the page says why."""
    entry_id = list_live(desk, "AG01 JJJ")
    await seen(screen, desk, "AG01 JJJ")
    path = f"/v1/watchlist/entries/{entry_id}"
    body = {"reason": "sold in good faith"}
    answer = desk.call("DELETE", path, desk.analyst, json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    await expect(screen.card("AG01 JJJ")).to_have_count(0)
    await expect(screen.page.locator(".notice")).to_contain_text("sold in good faith")
    await expect(screen.page.locator("#news")).to_contain_text("sold in good faith")


async def test_the_page_works_by_keyboard_alone(screen: Screen, desk: Desk) -> None:
    """Keys walk the cards, open the details, and blank what is personal."""
    for plate in ("AH01 KKK", "AJ01 LLL"):
        list_live(desk, plate)
        await seen(screen, desk, plate)
    keyboard = screen.page.keyboard
    await keyboard.press("j")
    first, second = screen.page.locator(".card").nth(0), screen.page.locator(".card").nth(1)
    await expect(first).to_be_focused()
    await keyboard.press("ArrowDown")
    await expect(second).to_be_focused()
    await keyboard.press("Enter")
    await expect(second.locator(".card-details")).to_be_visible()
    await keyboard.press("k")
    await expect(first).to_be_focused()
    await keyboard.press("Escape")
    await expect(first.locator(".plate")).to_be_hidden()
    await expect(second.locator(".facts")).to_be_hidden()
    await expect(first.locator(".road")).to_be_visible()
    await keyboard.press("Escape")
    await expect(first.locator(".plate")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read_by_day_and_by_night(screen: Screen, desk: Desk, scheme: str) -> None:
    """Every text keeps the contrast that WCAG AA asks for, in both themes, with all parts showing."""
    plate = {"light": "AK01 MBM", "dark": "AL01 NBN"}[scheme]
    list_live(desk, plate, warnings=["dogs"])
    long_ago = (datetime.now(UTC) - timedelta(minutes=40)).isoformat()
    await seen(screen, desk, plate, plate.replace(" ", "")[:5] + "8" + plate[-1], captured_at=long_ago)
    await screen.page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    await screen.card(plate).get_by_role("button", name="Details").click()
    assert await screen.run(CONTRAST) == []
    await screen.page.get_by_role("button", name="Sign out").click()
    await expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await screen.run(CONTRAST) == []


async def test_the_theme_can_be_switched_and_stays(screen: Screen) -> None:
    """The switch changes day to night, and a reload keeps the choice."""
    root = screen.page.locator("html")
    await screen.page.locator("#theme").click()
    chosen = await root.get_attribute("data-theme")
    assert chosen in ("day", "night")
    await screen.page.reload()
    await expect(root).to_have_attribute("data-theme", chosen)


async def test_a_phone_needs_no_sideways_scrolling(screen: Screen, desk: Desk) -> None:
    """At 320 and 390 pixels nothing sticks out, with details open."""
    list_live(desk, "AM01 PBP", warnings=["violence", "fails to stop", "catapults"])
    await seen(screen, desk, "AM01 PBP", "AM01P8P")
    await screen.card("AM01 PBP").get_by_role("button", name="Details").click()
    for width in (390, 320):
        await screen.page.set_viewport_size({"width": width, "height": 800})
        assert await screen.run("() => document.documentElement.scrollWidth") <= width


async def test_sound_waits_for_a_tap(screen: Screen) -> None:
    """Sound is off until the shift is started by a tap, and can be silenced again."""
    button = screen.page.locator("#shift")
    await expect(button).to_have_attribute("aria-pressed", "false")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")


async def test_no_plate_is_left_behind(screen: Screen, desk: Desk) -> None:
    """No plate gets into the address, the title, or what the browser stores; signing out empties the page."""
    list_live(desk, "AN01 RRR")
    await seen(screen, desk, "AN01 RRR")
    stored = await screen.run("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    for place in (screen.page.url, await screen.page.title(), stored):
        assert "AN01" not in place
    await screen.page.get_by_role("button", name="Sign out").click()
    await expect(screen.page.locator(".card")).to_have_count(0)
    assert desk.patrol not in await screen.run("() => JSON.stringify({...sessionStorage})")


async def test_a_bad_token_is_told(desk: Desk, page: Page) -> None:
    """A token that nobody made leads back to the sign-in, with the reason."""
    screen = Screen(page, desk.url)
    await screen.sign_in("anpr_nobody-made-this")
    await expect(page.locator("#sign-in-problem")).to_contain_text("not good")
    await screen.sign_in(desk.camera)
    await expect(page.locator("#sign-in-problem")).to_contain_text("may not see hits")


async def test_a_reload_brings_back_the_cards(screen: Screen, desk: Desk) -> None:
    """After a reload the page stays signed in and shows its cards again, each once."""
    list_live(desk, "AO01 SSS")
    await seen(screen, desk, "AO01 SSS")
    await screen.page.reload()
    await expect(screen.card("AO01 SSS")).to_have_count(1)
    await screen.live()


async def test_a_frame_lost_on_the_way_is_noticed_and_fetched(desk: Desk, page: Page) -> None:
    """A hole in the chain of events is seen by the next one, and what was lost is shown after all, once."""
    lost: list[str | bytes] = []

    def relay(car: WebSocketRoute) -> None:
        service = car.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if not lost and '"type":"hit"' in str(frame):
                lost.append(frame)
            else:
                car.send(frame)

        service.on_message(pass_on)

    await page.route_web_socket("**/v1/hits/ws", relay)
    screen = Screen(page, desk.url)
    await screen.sign_in(desk.patrol)
    await screen.live()
    for plate in ("AT01 YYY", "AT50 ZZZ"):
        list_live(desk, plate)
    await seen(screen, desk, "AT50 ZZZ")
    assert len(lost) == 1
    desk.post_reads([a_read("hole", "AT01YYY")])
    await expect(screen.card("AT01 YYY")).to_have_count(1)
    await expect(screen.card("AT50 ZZZ")).to_have_count(1)
    await screen.live()
    hits = desk.call("GET", "/v1/hits?after=0&limit=500", desk.patrol).json()["items"]
    reads = [item["hit"]["plate_listed"] for item in hits if item["type"] == "hit"].count("AT50 ZZZ")
    counter = screen.card("AT50 ZZZ").locator(".counter")
    assert reads > 1, "the lost read and the one that told of the hole"
    await expect(counter).to_contain_text(f"{reads} reads")


async def test_a_service_that_dies_costs_the_page_no_hit(
    screen: Screen, desk: Desk, running: Service
) -> None:
    """While the service is dead the page says offline; afterwards it has every hit, each once."""
    plates = [f"AP0{n} TTT" for n in (0, 1)] + ["AP50 VVV"]
    for plate in plates:
        list_live(desk, plate)
    await seen(screen, desk, plates[0])
    running.kill()
    await expect(screen.page.locator("#state-word")).to_have_text("Offline")
    await expect(screen.page.locator("#state-more")).to_contain_text("for 00:")
    await asyncio.to_thread(running.start)
    desk.post_reads([a_read(f"away-{plate}", plate.replace(" ", "")) for plate in plates[1:]])
    for plate in plates:
        await expect(screen.card(plate)).to_have_count(1, timeout=60_000)
    await screen.live()
