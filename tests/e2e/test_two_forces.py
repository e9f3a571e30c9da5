"""A vehicle that two forces have listed: every read of it gives two hits, and the crew gets one card."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.desk import Desk, a_read
from tests.e2e.screen import Screen
from tests.e2e.service import Service

TWO_FORCES = (Path(__file__).parent / "two_forces.js").read_text(encoding="utf-8")
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
OTHER = "AC01 DDD"
TONES_EXACT = 3
"""How many tones an exact hit sounds."""
QUIET_S = 1.5
COUNT_TONES = """async () => {
  const { Sound } = await import("/static/sound.js");
  window.tones = 0;
  Sound.prototype.tone = () => { window.tones += 1; };
}"""


@pytest.fixture(scope="module")
def desk(running: Service) -> Iterator[Desk]:
    """Tokens and calls; the service is up by then."""
    made = Desk.register(running)
    running.start()
    yield made
    made.client.close()


async def tell(screen: Screen, *steps: str) -> None:
    """Let things happen on the made-up board of `two_forces.js`."""
    for step in steps:
        await screen.run(f"() => {{ two.{step}; }}")


async def told(screen: Screen, what: str) -> Any:
    """What the made-up board has told."""
    return await screen.run(f"() => two.{what}")


@pytest.fixture
async def cards(screen: Screen) -> Locator:
    """The cards of a made-up board, after one read of a vehicle that Norfolk and Hertfordshire listed."""
    await screen.run(TWO_FORCES)
    await tell(screen, "read(1, 'norfolk')", "read(1, 'herts')")
    return screen.page.locator("#two-cards .card")


async def test_two_entries_fold_into_one_card(screen: Screen, cards: Locator) -> None:
    """The card shows each entry, all warnings, and every response, what keeps a crew safest first."""
    await expect(cards).to_have_count(1)
    await expect(cards.locator(".response")).to_have_text(["Observe, do not stop", "Stop"])
    await expect(cards.locator(".warnings")).to_have_text("Warning Violence · Dogs")
    await expect(cards.locator(".lister")).to_have_text(["Listed by Hertfordshire", "Listed by Norfolk"])
    await expect(cards.locator(".why")).to_have_text(["Taken at Royston", "Seen with dogs at Hilgay"])
    await expect(cards.locator(".vehicle")).to_have_text(["Grey Ford Ranger"])
    await expect(cards.locator(".counter")).to_have_count(0)
    await tell(screen, "read(2, 'herts')", "read(2, 'norfolk')")
    await expect(cards.locator(".counter")).to_have_text("2 reads of this passing")
    await cards.get_by_role("button", name="Details").click()
    sections = cards.locator(".card-details section")
    await expect(sections.filter(has_text="The entry of")).to_have_count(2)
    await expect(sections.filter(has_text="Reads of this passing").locator("li")).to_have_count(2)


async def test_each_entry_shows_the_vehicle_that_it_describes(screen: Screen, cards: Locator) -> None:
    """Where forces describe different vehicles, each description stands with its entry."""
    await tell(
        screen,
        "read(2, 'kent', { entry: { make: 'Isuzu', model: 'D-Max', priority: 1 } })",
    )
    vehicles = ["Grey Isuzu D-Max", "Grey Ford Ranger", "Grey Ford Ranger"]
    await expect(cards.locator(".listing .vehicle")).to_have_text(vehicles)
    await expect(cards.locator(".vehicle")).to_have_count(3)
    await expect(cards).to_have_attribute("data-priority", "1")


async def test_only_a_further_entry_is_announced(screen: Screen, cards: Locator) -> None:
    """The first hit of each entry is announced, with all that is asked; further reads are silent, and so is
    what comes late. An entry that asks for nothing is told without an alert."""
    first, second = await told(screen, "alerts")
    assert first.startswith("Stop. Exact. A B 0 1 C D E")
    assert second.startswith("Observe, do not stop. Stop. Exact. A B 0 1 C D E")
    assert "Listed by Norfolk, warning: Dogs" in second
    assert "Listed by Hertfordshire, warning: Violence, Dogs" in second
    await tell(screen, "read(2, 'norfolk')", "read(2, 'herts')", "read(1, 'kent', { late: true })")
    assert len(await told(screen, "alerts")) == 2
    assert await told(screen, "said") == []
    recorded = "{ status: 'closed', entry: { response: 'log_only', warnings: [] } }"
    await tell(screen, f"read(2, 'essex', {recorded})")
    assert len(await told(screen, "alerts")) == 2
    assert await told(screen, "said") == ["A B 0 1 C D E: also listed by Essex. For the record only"]
    wide = "by('anpr-match', 'widen', 'open', { routing: { level: 'wide' } })"
    await tell(screen, f"news(1, 'suffolk', two.{wide})")
    assert len(await told(screen, "alerts")) == 3
    assert "Listed by Suffolk" in (await told(screen, "alerts"))[-1]


async def test_a_withdrawn_entry_leaves_the_card_of_the_other(screen: Screen, cards: Locator) -> None:
    """Its hits leave the card with a word; what it asked for is gone, and the card with the last entry."""
    await tell(screen, "read(2, 'norfolk')", "read(2, 'herts')", "withdraw(1, 'norfolk', 'sold')")
    await expect(cards.locator(".lister")).to_have_count(2)
    assert await told(screen, "said") == []
    await tell(screen, "withdraw(2, 'norfolk', 'sold')")
    await expect(cards).to_have_count(1)
    await expect(cards.locator(".response")).to_have_text(["Observe, do not stop"])
    await expect(cards.locator(".facts")).to_contain_text("Stolen · Hertfordshire")
    await expect(cards.locator(".lister")).to_have_count(0)
    await expect(cards.locator(".age")).not_to_be_empty()
    await expect(screen.page.locator(".notice")).to_have_text("AB01 CDENo longer listed by Norfolk: sold")
    assert await told(screen, "said") == ["A B 0 1 C D E: No longer listed by Norfolk: sold"]
    await tell(screen, "withdraw(1, 'herts', 'found')", "withdraw(2, 'herts', 'found')")
    await expect(cards).to_have_count(0)
    await expect(screen.page.locator(".notice").last).to_have_text("AB01 CDETaken away: found")


async def test_one_entry_is_out_of_date(screen: Screen, cards: Locator) -> None:
    """The answer names the force whose entry it is about. The other entry asks on, also while the answer
    is on its way, and an answer of another unit is told."""
    choice, state = cards.locator("[value='out_of_date']"), cards.locator(".handling")
    await expect(choice).to_have_text("Entry out of date (Norfolk)")
    await cards.get_by_role("button", name="Not it").click()
    await choice.click()
    assert await told(screen, "acts") == [["h-1-norfolk", "out_of_date"]]
    out = "{ kind: 'not_it', answer: 'out_of_date', at: new Date().toISOString() }"
    await tell(screen, f"waiting.set('h-1-norfolk', [{out}])", "board.handle('h-1-norfolk')")
    await expect(cards.locator(".kept")).to_contain_text("Not it: entry out of date")
    await expect(choice).to_have_text("Entry out of date (Hertfordshire)")
    await cards.get_by_role("button", name="Taking it").click()
    assert (await told(screen, "acts"))[1:] == [["h-1-herts", "take"]]

    said = "by('BEDS LU-01', 'not_it', 'closed', { answer: 'out_of_date' })"
    await tell(screen, "waiting.clear()", f"news(1, 'norfolk', two.{said})")
    await expect(state).to_have_text("Waiting for an answer")
    await expect(cards.locator(".response")).to_have_text(["Observe, do not stop"])
    await expect(cards.locator(".lister").last).to_have_text("Listed by Norfolk – said to be out of date")
    assert (await told(screen, "said"))[0].endswith("Entry of Norfolk said to be out of date")
    assert (await told(screen, "alerts"))[-1].startswith("Observe, do not stop. Exact.")
    await tell(
        screen, "read(2, 'norfolk', two.by('BEDS LU-01', 'not_it', 'closed', { answer: 'out_of_date' }))"
    )
    assert len(await told(screen, "alerts")) == 3

    taken = "{ taken_by: { callsign: 'HERTS CH-32' } }"
    await tell(screen, f"news(1, 'herts', two.by('HERTS CH-32', 'take', 'taken', {taken}))")
    await expect(state).to_have_text("You have it")
    await expect(cards.get_by_role("button", name="Outcome")).to_be_visible()


async def test_a_card_of_two_entries_makes_room(screen: Screen, cards: Locator) -> None:
    """It counts as one earlier passing until both entries are withdrawn, and comes back for either."""
    ours = cards.filter(has_text="Listed by Norfolk")
    await tell(screen, "fill()")
    await expect(ours).to_have_count(0)
    assert await told(screen, "earlier") == 1
    await tell(screen, "withdraw(1, 'herts', 'found')")
    assert await told(screen, "earlier") == 1
    wide = "by('anpr-match', 'widen', 'open', { routing: { level: 'wide' } })"
    await tell(screen, f"news(1, 'herts', two.{wide})")
    assert await told(screen, "earlier") == 1
    await tell(screen, f"news(1, 'norfolk', two.{wide})")
    await expect(cards.first.locator(".facts")).to_contain_text("Hare coursing · Norfolk")
    await expect(cards.first.locator(".handling")).to_contain_text("sent to all forces")
    assert await told(screen, "earlier") == 1
    await tell(screen, "withdraw(1, 'norfolk', 'sold')")
    await expect(cards.first.locator(".facts")).not_to_contain_text("Norfolk")


async def test_a_card_that_made_room_comes_back_whole(screen: Screen, cards: Locator) -> None:
    """News of one entry brings back what the other asks and warns of, and what became of its hit since."""
    ours = cards.filter(has_text="Listed by Norfolk")
    await tell(screen, "fill()", "news(1, 'herts', two.by('BEDS LU-01', 'acknowledge', 'acknowledged'))")
    await expect(ours).to_have_count(0)
    wide = "by('anpr-match', 'widen', 'open', { routing: { level: 'wide' } })"
    await tell(screen, f"news(1, 'norfolk', two.{wide})")
    await expect(ours.locator(".lister")).to_have_text(["Listed by Hertfordshire", "Listed by Norfolk"])
    await expect(ours.locator(".warnings")).to_have_text("Warning Violence · Dogs")
    await expect(ours.locator(".handling")).to_contain_text("sent to all forces")
    await expect(ours.locator(".age")).not_to_be_empty()
    assert (await told(screen, "alerts"))[-1].startswith("Observe, do not stop. Stop.")
    taken = "{ taken_by: { callsign: 'BEDS LU-01' } }"
    await tell(screen, f"news(1, 'norfolk', two.by('BEDS LU-01', 'take', 'taken', {taken}))")
    await expect(ours.locator(".handling")).to_have_text("BEDS LU-01 has it")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_two_entries_can_be_read(screen: Screen, cards: Locator, scheme: str) -> None:
    """By day and by night, on a phone, and with one entry out of date."""
    await screen.page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    said = "by('BEDS LU-01', 'not_it', 'closed', { answer: 'out_of_date' })"
    await tell(screen, "read(2, 'kent', { entry: { make: 'Isuzu' } })")
    await tell(screen, f"news(1, 'norfolk', two.{said})")
    await cards.get_by_role("button", name="Details").click()
    assert await screen.run(CONTRAST) == []
    for width in (390, 320):
        await screen.page.set_viewport_size({"width": width, "height": 800})
        assert await screen.run("() => document.documentElement.scrollWidth") <= width


async def listed_twice(screen: Screen, desk: Desk, plate: str) -> list[str]:
    """The ids of the entries of two forces, as soon as the matcher has both."""
    terms: list[dict[str, Any]] = [
        {"owner_force": "norfolk", "response": "stop_with_caution", "warnings": ["violence"]},
        {"owner_force": "herts", "response": "observe", "category": "stolen"},
    ]
    answers = [desk.list_plate(plate, **more) for more in terms] + [desk.list_plate(OTHER)]
    assert [answer.status_code for answer in answers] == [201, 201, 201], answers[0].text
    # A list is followed in the order of its changes: what is found of the last entry is found of all.
    last = answers[-1].json()["entry_id"]
    for attempt in range(20):
        desk.post_reads([a_read(f"{last}-{attempt}", OTHER)])
        if last in [hit["entry"]["entry_id"] for hit in hits(desk, OTHER)]:
            break
        await screen.page.wait_for_timeout(500)
    await screen.page.wait_for_timeout(QUIET_S * 1_000)
    return [answer.json()["entry_id"] for answer in answers[:2]]


def hits(desk: Desk, plate: str) -> list[dict[str, Any]]:
    """The hits on the plate as they stand."""
    items = desk.call("GET", "/v1/hits?limit=1000", desk.patrol).json()["items"]
    found = [item["hit"] for item in items if item["type"] == "hit" and item["hit"]["plate_listed"] == plate]
    return [desk.call("GET", f"/v1/hits/{hit['hit_id']}", desk.patrol).json() for hit in found]


async def test_one_read_one_card_one_alert_one_answer(screen: Screen, desk: Desk) -> None:
    """Both entries fire, and the crew gets one card and one tone for it; one tap answers both."""
    await screen.run(COUNT_TONES)
    await screen.page.locator("#shift").click()
    await listed_twice(screen, desk, "AB01 CDE")
    await screen.run("() => { window.tones = 0; }")
    desk.post_reads([a_read("once", "AB01CDE")])
    card = screen.card("AB01 CDE")
    await expect(card.locator(".lister")).to_have_text(["Listed by Norfolk", "Listed by Hertfordshire"])
    await expect(card).to_have_count(1)
    await expect(card.locator(".response")).to_have_text(["Stop with caution", "Observe, do not stop"])
    await expect(card.locator(".warnings")).to_contain_text("Violence")
    alert = screen.page.get_by_role("alert").filter(has_text="A B 0 1 C D E")
    await expect(alert).to_contain_text("Stop with caution. Observe, do not stop.")
    assert await screen.run("() => window.tones") == TONES_EXACT

    await card.get_by_role("button", name="Taking it").click()
    await expect(card.locator(".handling")).to_have_text("You have it")
    assert [hit["status"] for hit in hits(desk, "AB01 CDE")] == ["taken", "taken"]
    await card.get_by_role("button", name="Give back").click()
    await expect(card.locator(".handling")).to_contain_text("Given back")
    await card.get_by_role("button", name="Not it").click()
    await card.get_by_role("button", name="Already dealt with").click()
    await expect(card.locator(".handling")).to_contain_text("already dealt with")
    assert [hit["status"] for hit in hits(desk, "AB01 CDE")] == ["closed", "closed"]


async def test_what_is_about_one_entry_leaves_the_other(screen: Screen, desk: Desk) -> None:
    """An entry out of date, and then the other one withdrawn by its force: each stays with its entry."""
    entries = await listed_twice(screen, desk, "SV50 WXY")
    desk.post_reads([a_read("twice", "SV50WXY")])
    card = screen.card("SV50 WXY")
    await expect(card.locator(".lister")).to_have_count(2)
    asked = await card.locator("[value='out_of_date']").text_content()
    await card.get_by_role("button", name="Not it").click()
    await card.get_by_role("button", name="Entry out of date").click()
    await expect(card.locator(".lister b")).to_have_count(1)
    await expect(card.locator(".handling")).to_have_text("Waiting for an answer")
    said = next(hit for hit in hits(desk, "SV50 WXY") if hit["status"] == "closed")
    force = {"norfolk": "Norfolk", "herts": "Hertfordshire"}[said["entry"]["owner_force"]]
    assert asked == f"Entry out of date ({force})"
    assert sorted(hit["status"] for hit in hits(desk, "SV50 WXY")) == ["closed", "open"]

    path = f"/v1/watchlist/entries/{said['entry']['entry_id']}"
    assert said["entry"]["entry_id"] in entries
    answer = desk.call("DELETE", path, desk.analyst, json={"reason": "sold"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    await expect(screen.page.locator(".notice")).to_contain_text(f"No longer listed by {force}: sold")
    await expect(card).to_have_count(1)
    await expect(card.locator(".lister")).to_have_count(0)
    await expect(card.get_by_role("button", name="Taking it")).to_be_visible()
