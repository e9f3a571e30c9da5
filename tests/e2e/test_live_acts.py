"""An officer's acts on the live page, in a real browser, fed by a running service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.desk import Desk, a_read
from tests.e2e.screen import Screen
from tests.e2e.service import Service

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
SETTINGS = {"ANPR_ROUTING__WIDER_AFTER_S": "2", "ANPR_ROUTING__PRIORITY_2_WIDER_AFTER_S": "600"}
LUTON = "BEDS LU-01"
FILL = """async (token) => {
  const { author, put } = await import("/static/kept.js");
  const whose = { author: author(token), at: Date.now(), place: 0 };
  const act = { ...whose, hit_id: "h-other", path: "acknowledgements" };
  for (let n = 0; n < 200; n += 1) put(`act-${n}`, { ...act, body: { kind: "take", act_id: `act-${n}` } });
}"""
"""Keeps as many acts of a unit as a device does."""
STORED = "() => JSON.stringify([{...localStorage}, {...sessionStorage}])"
AGE = """(age_ms) => {
  for (const [name, kept] of Object.entries({...localStorage})) {
    if (!name.startsWith("anpr.act.")) continue;
    const act = JSON.parse(kept);
    localStorage.setItem(name, JSON.stringify({ ...act, at: act.at - age_ms }));
  }
}"""
"""Lets every act that waits be older."""


@pytest.fixture(scope="module")
def desk(running: Service) -> Iterator[Desk]:
    """Tokens and calls; the service is up by then."""
    made = Desk.register(running)
    running.start()
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def luton(running: Service) -> str:
    """The token of a unit of another force."""
    return str(running.command("unit", "add", LUTON, "--force", "beds")["token"])


async def hit_on(screen: Screen, desk: Desk, plate: str, **terms: Any) -> str:
    """A card of this plate on the page; the id of its hit."""
    answer = desk.list_plate(plate, **terms)
    assert answer.status_code == 201, answer.text
    for attempt in range(20):
        desk.post_reads([a_read(f"{plate}-{attempt}", plate.replace(" ", ""))])
        try:
            await expect(screen.card(plate)).to_be_visible(timeout=1_000)
        except AssertionError:
            continue
        return hit_of(desk, plate)["hit_id"]  # type: ignore[no-any-return]  # JSON
    raise AssertionError("the card never came")


def act_on(desk: Desk, hit_id: str, token: str, **said: Any) -> None:
    """A unit's act, which must be recorded."""
    answer = desk.call("POST", f"/v1/hits/{hit_id}/acknowledgements", token, json=said)
    assert answer.status_code == 201, answer.text


def hit_of(desk: Desk, plate: str) -> dict[str, Any]:
    """The first hit on the plate as it stands."""
    items = desk.call("GET", "/v1/hits?limit=1000", desk.patrol).json()["items"]
    hit_id = next(item["hit"]["hit_id"] for item in items if item["hit"].get("plate_listed") == plate)
    hit: dict[str, Any] = desk.call("GET", f"/v1/hits/{hit_id}", desk.patrol).json()
    return hit


async def test_the_three_acts(screen: Screen, desk: Desk) -> None:
    """One tap acknowledges, one takes, two say why it is not the one; the service has each."""
    await hit_on(screen, desk, "AB01 CDE")
    card = screen.card("AB01 CDE")
    state = card.locator(".handling")
    await expect(state).to_have_text("Waiting for an answer")
    await card.get_by_role("button", name="Acknowledge").click()
    await expect(state).to_have_text("Seen by HERTS CH-32; nobody has it yet")
    await card.get_by_role("button", name="Taking it").click()
    await expect(state).to_have_text("You have it")
    await expect(card.get_by_role("button", name="Acknowledge")).to_be_hidden()
    await card.get_by_role("button", name="Not it").click()
    await card.get_by_role("group", name="Why is it not the one?").get_by_text("Already dealt with").click()
    await expect(state).to_have_text("Not it: already dealt with – HERTS CH-32")
    await expect(card.locator(".acts")).to_be_hidden()
    told = hit_of(desk, "AB01 CDE")
    assert (told["status"], told["answer"]) == ("closed", "dealt_with")
    assert [act["kind"] for act in told["acts"]] == ["not_it", "take", "acknowledge"]


async def test_another_unit_takes_it(screen: Screen, desk: Desk, luton: str) -> None:
    """The card names the unit that has it, a screen reader hears of it, and nothing more is asked."""
    hit_id = await hit_on(screen, desk, "AC01 DDD")
    act_on(desk, hit_id, luton, kind="take")
    card = screen.card("AC01 DDD")
    await expect(card.locator(".handling")).to_have_text(f"{LUTON} has it")
    await expect(screen.page.locator("#news")).to_have_text(f"A C 0 1 D D D: {LUTON} has it")
    await expect(card.get_by_role("button", name="Taking it")).to_be_hidden()


async def test_a_hit_is_given_back(screen: Screen, desk: Desk, luton: str) -> None:
    """One tap gives back what this unit has; what another gives back is announced like a new hit."""
    hit_id = await hit_on(screen, desk, "AS01 WWW")
    card = screen.card("AS01 WWW")
    await card.get_by_role("button", name="Taking it").click()
    await expect(card.locator(".handling")).to_have_text("You have it")
    await card.get_by_role("button", name="Give back").click()
    await expect(card.locator(".handling")).to_have_text("Given back by HERTS CH-32; nobody has it")
    act_on(desk, hit_id, luton, kind="take")
    await expect(card.locator(".handling")).to_have_text(f"{LUTON} has it")
    await expect(card.get_by_role("button", name="Give back")).to_be_hidden()
    await screen.run("() => { document.querySelector('#alert').textContent = ''; }")
    act_on(desk, hit_id, luton, kind="give_back")
    await expect(card.locator(".handling")).to_have_text(f"Given back by {LUTON}; nobody has it")
    await expect(screen.page.locator("#alert")).to_contain_text("A S 0 1 W W W")
    await card.get_by_role("button", name="Taking it").click()
    await expect(card.locator(".handling")).to_have_text("You have it")
    for width in (390, 320):
        await screen.page.set_viewport_size({"width": width, "height": 800})
        assert await screen.run("() => document.documentElement.scrollWidth") <= width


async def test_nobody_answers(screen: Screen, desk: Desk) -> None:
    """A card that was sent further says so and is announced once more."""
    await hit_on(screen, desk, "AD01 FFF", priority=1)
    card = screen.card("AD01 FFF")
    await expect(card.locator(".handling")).to_have_text("Not answered near by: sent to all forces")
    await expect(screen.page.locator("#alert")).to_contain_text("A D 0 1 F F F")


async def test_acts_by_keyboard(screen: Screen, desk: Desk) -> None:
    """Keys do the acts on the card that has the focus, which stays where it is."""
    await hit_on(screen, desk, "AE01 GGG")
    keyboard, card = screen.page.keyboard, screen.card("AE01 GGG")
    await card.focus()
    await keyboard.press("t")
    await expect(card.locator(".handling")).to_have_text("You have it")
    await expect(card).to_be_focused()
    await keyboard.press("o")
    await expect(card.get_by_role("button", name="Stopped")).to_be_focused()
    await keyboard.press("o")
    await keyboard.press("n")
    await expect(card.get_by_role("button", name="Misread")).to_be_focused()
    await keyboard.press("Enter")
    await expect(card.locator(".handling")).to_have_text("Not it: misread – HERTS CH-32")
    assert hit_of(desk, "AE01 GGG")["answer"] == "misread"


async def test_an_act_without_a_link(screen: Screen, desk: Desk) -> None:
    """What is done offline is kept, shown, and sent with its own time when the link is back."""
    await hit_on(screen, desk, "AF01 HHH")
    card = screen.card("AF01 HHH")
    await screen.page.context.set_offline(True)
    await expect(screen.page.locator("#state-word")).to_have_text("Offline")
    await card.get_by_role("button", name="Taking it").click()
    await expect(card.locator(".kept")).to_contain_text("Taking it")
    await expect(card.get_by_role("button", name="Acknowledge")).to_be_hidden()
    assert "AF01" not in await screen.run(STORED)
    assert hit_of(desk, "AF01 HHH")["status"] == "open"
    await screen.page.context.set_offline(False)
    await expect(card.locator(".handling")).to_have_text("You have it")
    await expect(card.locator(".kept")).to_be_hidden()
    (act,) = hit_of(desk, "AF01 HHH")["acts"]
    assert act["at"] < act["recorded_at"]


async def test_an_act_outlives_the_shift(desk: Desk, running: Service, page: Page) -> None:
    """Done without a link before the control room ended the shift, it still comes to the service; until
    then the page says that it waits, and says it again after a reload."""
    unit = running.command("unit", "add", "HERTS CH-77", "--force", "herts")
    shifts = f"/v1/units/{unit['unit_id']}/shifts"
    assert desk.call("POST", shifts, unit["token"], json={}).status_code == 201
    screen = Screen(page, desk.url)
    await screen.sign_in(unit["token"])
    await screen.live()
    await hit_on(screen, desk, "AN01 RRR")
    await page.route("**/acknowledgements", lambda route: route.abort("connectionreset"))
    await page.context.set_offline(True)
    await screen.card("AN01 RRR").get_by_role("button", name="Taking it").click()
    assert desk.call("POST", f"{shifts}/end", unit["token"]).status_code == 200
    await page.context.set_offline(False)
    await expect(page.locator("#sign-in-problem")).to_contain_text("not good")
    await expect(page.locator("#unsent")).to_contain_text("1 act waits")
    assert await screen.run(CONTRAST) == []
    await page.reload()
    await expect(page.locator("#unsent")).to_contain_text("1 act waits")
    await page.unroute("**/acknowledgements")
    await screen.run("() => dispatchEvent(new Event('online'))")
    await expect(page.locator("#unsent")).to_be_hidden()
    (act,) = hit_of(desk, "AN01 RRR")["acts"]
    assert (act["kind"], act["callsign"]) == ("take", "HERTS CH-77")
    assert unit["token"] not in await screen.run(STORED)
    screen.silent()


async def test_signing_out_asks_before_acts_are_discarded(screen: Screen, desk: Desk) -> None:
    """While an act waits, signing out says so; keeping it is one press, discarding it another."""
    await hit_on(screen, desk, "AO01 SSS")
    page = screen.page
    await page.route("**/acknowledgements", lambda route: route.abort("connectionreset"))
    await screen.card("AO01 SSS").get_by_role("button", name="Taking it").click()
    await page.get_by_role("button", name="Sign out").click()
    asked = page.get_by_role("dialog")
    await expect(asked).to_contain_text("1 act waits to be sent")
    await expect(asked.get_by_role("button", name="Keep them")).to_be_focused()
    assert await screen.run(CONTRAST) == []
    await page.keyboard.press("Enter")
    await expect(asked).to_be_hidden()
    await expect(screen.card("AO01 SSS").locator(".kept")).to_contain_text("Taking it")
    await page.locator("#leave").click()
    await asked.get_by_role("button", name="Discard and sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await screen.run("() => Object.keys(localStorage).length") == 0
    assert desk.patrol not in await screen.run(STORED)
    assert hit_of(desk, "AO01 SSS")["status"] == "open"


async def test_an_act_too_many_is_refused_on_its_card(screen: Screen, desk: Desk) -> None:
    """When as many acts wait as the tab keeps, the card says that one more was not recorded."""
    await hit_on(screen, desk, "AP01 TTT")
    page = screen.page
    await page.route("**/acknowledgements", lambda route: route.abort("connectionreset"))
    await screen.run(FILL, desk.patrol)
    await page.reload()
    await screen.live()
    card = screen.card("AP01 TTT")
    await card.get_by_role("button", name="Taking it").click()
    await expect(card.locator(".kept")).to_contain_text("Not recorded: Taking it. 200 acts wait")
    await expect(card.get_by_role("button", name="Taking it")).to_be_visible()
    assert await screen.run(CONTRAST) == []


async def left_waiting(screen: Screen, desk: Desk, plate: str) -> Screen:
    """An act that did not get through, and a tab that was closed with it; the page in a new one."""
    await hit_on(screen, desk, plate)
    page = screen.page
    await page.route("**/acknowledgements", lambda route: route.abort("connectionreset"))
    await screen.card(plate).get_by_role("button", name="Taking it").click()
    await expect(screen.card(plate).locator(".kept")).to_contain_text("Taking it")
    assert plate[:4] not in await screen.run(STORED)
    context = page.context
    await page.close()
    return Screen(await context.new_page(), desk.url)


async def test_an_act_outlives_its_tab(screen: Screen, desk: Desk, luton: str) -> None:
    """Done without a link, it is sent with its own time when its unit signs in again on that device; another
    unit that signs in before neither sees nor sends it."""
    again = await left_waiting(screen, desk, "AQ01 UUU")
    await again.page.goto(desk.url)
    await expect(again.page.locator("#unsent")).to_contain_text("until the unit that did it signs in here")
    await expect(again.page.locator("#discard")).to_be_hidden()
    assert await again.run(CONTRAST) == []
    assert desk.patrol not in await again.run(STORED)
    await again.sign_in(luton, LUTON)
    await again.live()
    await expect(again.card("AQ01 UUU").locator(".handling")).to_have_text("Waiting for an answer")
    await expect(again.card("AQ01 UUU").locator(".kept")).to_be_hidden()
    await expect(again.page.locator("#unsent")).to_be_hidden()
    await again.page.get_by_role("button", name="Sign out").click()
    assert hit_of(desk, "AQ01 UUU")["acts"] == []
    await again.sign_in(desk.patrol)
    await expect(again.card("AQ01 UUU").locator(".handling")).to_have_text("You have it")
    (act,) = hit_of(desk, "AQ01 UUU")["acts"]
    assert (act["kind"], act["callsign"]) == ("take", "HERTS CH-32")
    assert act["at"] < act["recorded_at"]
    assert await again.run("() => Object.keys(localStorage).length") == 0
    again.silent()


async def test_an_act_a_day_old_is_let_go_with_a_word(screen: Screen, desk: Desk) -> None:
    """After 24 h without a link it is not sent; its unit is told so, until it closes the notice."""
    again = await left_waiting(screen, desk, "AR01 VVV")
    await again.page.goto(desk.url)
    await again.run(AGE, 25 * 3_600_000)
    await again.sign_in(desk.patrol)
    await again.live()
    notice = again.page.locator("#unsent")
    await expect(notice).to_contain_text("1 act of yours was not recorded: no link for over 24 h")
    assert await again.run(CONTRAST) == []
    await again.page.get_by_role("button", name="Close").click()
    await expect(notice).to_be_hidden()
    assert hit_of(desk, "AR01 VVV")["status"] == "open"
    assert await again.run("() => Object.keys(localStorage).length") == 0
    again.silent()


async def test_a_new_tab_knows_what_the_unit_has(screen: Screen, desk: Desk) -> None:
    """A tab that did nothing yet offers the outcome of a hit that its unit took elsewhere."""
    hit_id = await hit_on(screen, desk, "AL01 NNN")
    act_on(desk, hit_id, desk.patrol, kind="take")
    await screen.run("() => sessionStorage.clear()")
    await screen.sign_in(desk.patrol)
    card = screen.card("AL01 NNN")
    await expect(card.locator(".handling")).to_have_text("You have it")
    await expect(card.get_by_role("button", name="Outcome")).to_be_visible()


async def test_an_act_sent_again_does_not_mistake_who_we_are(screen: Screen, desk: Desk, luton: str) -> None:
    """When the answer to an act was lost, and another unit acted since, the page does not take it for us."""
    hit_id = await hit_on(screen, desk, "AM01 PPP")

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        act_on(desk, hit_id, luton, kind="take")
        await route.abort("connectionreset")

    await screen.page.route("**/acknowledgements", lose_the_answer, times=1)
    card = screen.card("AM01 PPP")
    await card.get_by_role("button", name="Acknowledge").click()
    await expect(card.locator(".handling")).to_have_text(f"{LUTON} has it")
    await screen.run("() => dispatchEvent(new Event('online'))")
    await expect(card.locator(".kept")).to_be_hidden()
    await expect(card.locator(".handling")).to_have_text(f"{LUTON} has it")
    await expect(card.get_by_role("button", name="Outcome")).to_be_hidden()


async def test_a_further_read_keeps_the_finger_where_it_is(screen: Screen, desk: Desk) -> None:
    """A read that folds into the card shuts no open choice and takes no focus."""
    await hit_on(screen, desk, "AG01 JJJ")
    card = screen.card("AG01 JJJ")
    await card.get_by_role("button", name="Not it").click()
    await expect(card.get_by_role("button", name="Misread")).to_be_focused()
    reads = hit_of(desk, "AG01 JJJ")["sighting_reads"]
    desk.post_reads([a_read(f"again-{n}", "AG01JJJ", camera=1) for n in range(3)])
    await expect(card.locator(".counter")).to_contain_text(f"{reads + 3} reads of this passing")
    await expect(card.get_by_role("button", name="Misread")).to_be_focused()


async def test_another_reading_of_what_was_called_a_misread_is_announced(screen: Screen, desk: Desk) -> None:
    """A card that was closed as a misread opens again when the passing is read otherwise, and says so; a
    further read of the same text is closed with it."""
    await hit_on(screen, desk, "AV01 WBX")
    card = screen.card("AV01 WBX")
    await card.get_by_role("button", name="Not it").click()
    await card.get_by_role("button", name="Misread").click()
    await expect(card.locator(".handling")).to_have_text("Not it: misread – HERTS CH-32")
    await screen.run("() => { document.querySelector('#alert').textContent = ''; }")
    reads = hit_of(desk, "AV01 WBX")["sighting_reads"]
    desk.post_reads([a_read("the-same", "AV01WBX", camera=1)])
    await expect(card.locator(".counter")).to_contain_text(f"{reads + 1} reads of this passing")
    await expect(screen.page.locator("#alert")).to_have_text("")
    desk.post_reads([a_read("otherwise", "AV01W8X", camera=1)])
    await expect(card.locator(".handling")).to_have_text("Waiting for an answer")
    await expect(screen.page.locator("#alert")).to_contain_text("A V 0 1 W B X")
    await expect(card).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_acts_can_be_read_by_day_and_by_night(
    screen: Screen, desk: Desk, luton: str, scheme: str
) -> None:
    """States and buttons keep the contrast that WCAG AA asks for, in both themes."""
    # Plates far apart: a read of the second that comes before its entry must not be one of the first misread.
    plates = {"light": ("AH01 KKK", "SV50 WXY"), "dark": ("AJ01 LLL", "TW50 XYP")}[scheme]
    closed = await hit_on(screen, desk, plates[0])
    act_on(desk, closed, luton, kind="not_it", answer="misread")
    await hit_on(screen, desk, plates[1], priority=1)
    await screen.page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    card = screen.card(plates[1])
    await expect(card.locator(".handling")).to_contain_text("all forces")
    await card.get_by_role("button", name="Not it").click()
    await expect(screen.card(plates[0]).locator(".handling")).to_contain_text("misread")
    assert await screen.run(CONTRAST) == []


async def test_acts_on_a_phone(screen: Screen, desk: Desk) -> None:
    """At 390 and 320 pixels the acts need no sideways scrolling, and a finger finds them."""
    await hit_on(screen, desk, "AK01 MMM")
    card = screen.card("AK01 MMM")
    await card.get_by_role("button", name="Not it").click()
    for width in (390, 320):
        await screen.page.set_viewport_size({"width": width, "height": 800})
        assert await screen.run("() => document.documentElement.scrollWidth") <= width
        box = await card.get_by_role("button", name="Acknowledge").bounding_box()
        assert box is not None
        assert box["height"] >= 48
