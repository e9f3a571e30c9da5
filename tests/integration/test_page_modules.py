"""The page's own modules, called in a real browser: plates laid side by side, and numbers in words."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route

from anpr_match.web.ui import pages

STATIC = Path(pages.__file__).parent / "static"
ADDRESS = "http://page.test"
CALL = "async ([module, name, given]) => (await import(`/static/${module}.js`))[name](...given)"


class Modules:
    """Calls of exported functions by name; the files come straight from the tree, without a service."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def call(self, module: str, name: str, *given: Any) -> Any:
        return await self.page.evaluate(CALL, [module, name, list(given)])


@pytest.fixture
async def modules(page: Page) -> Modules:
    """A page of the modules' own origin."""
    return await tab(page)


async def tab(page: Page) -> Modules:
    """This page as one of that origin."""

    async def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        if name.endswith(".js"):
            await route.fulfill(path=STATIC / name, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    await page.route(f"{ADDRESS}/**", answer)
    await page.goto(ADDRESS)
    return Modules(page)


@pytest.mark.parametrize(
    ("read", "listed", "differences"),
    [
        ("AB01CBE", "AB01CBE", []),
        ("AB01C8E", "AB01CBE", [("8", "B")]),
        ("017GRT", "D017GRT", [("", "D")]),
        ("AB01CBEI", "AB01CBE", [("I", "")]),
        ("A801CBF", "AB01CBE", [("8", "B"), ("F", "E")]),
        ("AB01CBE", "AB?1*", []),
        ("AB01CBE", "A*E", []),
        ("AB01CBE", "AC*E", [("B", "C")]),
        ("", "AB", [("", "A"), ("", "B")]),
    ],
)
async def test_a_difference_stands_at_its_place(
    modules: Modules, read: str, listed: str, differences: list[tuple[str, str]]
) -> None:
    """Two plates are laid side by side with the fewest differences; wildcards are none."""
    pairs = await modules.call("plate", "align", read, listed)
    assert [(pair["read"], pair["listed"]) for pair in pairs if not pair["same"]] == differences
    assert "".join(pair["read"] for pair in pairs) == read


@pytest.mark.parametrize(
    ("plate", "before_gap"),
    [
        ("AB01CDE", 4),
        ("A1BCD", 2),
        ("A123BCD", 4),
        ("ABC1D", 3),
        ("ABC123D", 3),
        ("ABC123", 3),
        ("AB1234", 2),
        ("1234AB", 4),
        ("XIA1234", 3),
        ("12345678", 0),
        ("AB12?DE", 0),
    ],
)
async def test_the_gap_stands_where_the_layout_has_it(modules: Modules, plate: str, before_gap: int) -> None:
    """Each issued layout has its gap; what fits none is drawn as it is."""
    assert await modules.call("plate", "gap", plate) == before_gap


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1, "100 %"), (0.9999, "over 99 %"), (0.99, "99 %"), (0.005, "under 1 %"), (0.625, "63 %"), (0, "0 %")],
)
async def test_a_chance_claims_no_more_than_it_is(modules: Modules, probability: float, words: str) -> None:
    """Rounding never makes a chance certain, nor impossible."""
    assert await modules.call("words", "percent", probability) == words


@pytest.mark.parametrize(
    ("age_s", "words"),
    [
        (-0.4, "0 s ago"),
        (-420, "7 min 00 s ahead of the clock"),
        (0, "0 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min 00 s ago"),
        (3599, "59 min 59 s ago"),
        (3600, "1 h 00 min ago"),
        (90_000, "1 d 1 h ago"),
    ],
)
async def test_an_age_counts_in_its_two_largest_units(modules: Modules, age_s: float, words: str) -> None:
    """Seconds for an hour, then hours and minutes, then days and hours."""
    assert await modules.call("words", "ago", age_s) == words


@pytest.mark.parametrize(
    ("heading", "words"),
    [(0, "northbound"), (85, "eastbound"), (130, "south-eastbound"), (359, "northbound"), (None, None)],
)
async def test_a_heading_is_a_way_to_go(modules: Modules, heading: float | None, words: str | None) -> None:
    """Degrees become the nearest of eight ways; unknown stays unknown."""
    assert await modules.call("words", "bound", heading) == words


BEGIN = """async () => {
  const { Queue } = await import("/static/queue.js");
  window.told = [];
  window.queue = new Queue(() => Date.now());
  for (const name of ["recorded", "refused"])
    queue.addEventListener(name, ({ detail }) => told.push([name, detail.act.hit_id]));
  queue.addEventListener("expired", ({ detail }) => told.push(["expired", detail.count]));
}"""
DO = "([token, hit_id]) => { queue.enter(token); queue.add(hit_id, 'acknowledgements', { kind: 'take' }); }"
KEPT = """async () => {
  const { all } = await import("/static/kept.js");
  return [...all().values()].map((act) => act.hit_id);
}"""
LATER_MS = 61_000


class Door:
    """What the service answers to acts: by token, in turn, the last answer for ever."""

    def __init__(self, **answers: list[int]) -> None:
        self.answers = answers
        self.heard: list[tuple[str, str]] = []

    async def answer(self, route: Route) -> None:
        token = route.request.headers["authorization"].removeprefix("Bearer ")
        self.heard.append((token, route.request.url.split("/")[-2]))
        left = self.answers[token]
        status = left.pop(0) if len(left) > 1 else left[0]
        await route.fulfill(status=status, json={})


async def begun(modules: Modules, door: Door) -> Page:
    """A page with a queue in it whose acts go to that door."""
    await modules.page.clock.install()
    await modules.page.route("**/acknowledgements", door.answer)
    await modules.page.evaluate(BEGIN)
    return modules.page


@pytest.mark.parametrize("status", [401, 408, 409, 425, 429, 500, 507])
async def test_an_act_put_off_is_kept_and_sent_again(modules: Modules, status: int) -> None:
    """An answer that is not for good costs no act, and however often the link is back, it is not hurried."""
    door = Door(car=[status, 201])
    page = await begun(modules, door)
    await page.evaluate(DO, ["car", "h1"])
    await page.wait_for_function("() => queue.acts.size === 0 || (queue.timer !== 0 && !queue.sending)")
    assert await page.evaluate(KEPT) == ["h1"]
    await page.evaluate(DO, ["car", "h2"])
    for _ in range(3):
        await page.evaluate("() => dispatchEvent(new Event('online'))")
    assert door.heard == [("car", "h1")]
    await page.clock.fast_forward(LATER_MS)
    await page.wait_for_function("() => told.length === 2")
    assert await page.evaluate("() => told") == [["recorded", "h1"], ["recorded", "h2"]]
    assert await page.evaluate(KEPT) == []


async def test_each_unit_s_acts_go_with_its_own_token(modules: Modules) -> None:
    """Acts of a token that is no good any more stay behind it, and hold up nobody else's."""
    door = Door(before=[401], after=[201])
    page = await begun(modules, door)
    await page.evaluate(DO, ["before", "h1"])
    await page.evaluate(DO, ["after", "h2"])
    await page.wait_for_function("() => told.length === 1")
    assert door.heard == [("before", "h1"), ("after", "h2")]
    assert await page.evaluate(KEPT) == ["h1"]
    assert await page.evaluate("() => queue.left") == 1


async def test_a_full_queue_refuses_the_newest(modules: Modules) -> None:
    """An act beyond the bound is refused and told; those that wait stay."""
    page = await begun(modules, Door(car=[503]))
    most = await page.evaluate("async () => (await import('/static/queue.js')).ACTS_MAX")
    for number in range(most + 1):
        await page.evaluate(DO, ["car", f"h{number}"])
    assert await page.evaluate("() => told") == [["refused", f"h{most}"]]
    assert await page.evaluate(KEPT) == [f"h{number}" for number in range(most)]


async def reopened(modules: Modules, door: Door) -> Page:
    """The same browser after its tab was closed: what the tab alone knew is gone."""
    await modules.page.evaluate("() => sessionStorage.clear()")
    await modules.page.goto(ADDRESS)
    return await begun(modules, door)


async def test_an_act_outlives_its_tab(modules: Modules) -> None:
    """It waits for its author's token, goes with the time at which it was done, and nobody else sends it."""
    page = await begun(modules, Door(car=[503]))
    await page.evaluate(DO, ["car", "h1"])
    done_at = await page.evaluate("() => [...queue.acts.values()][0].body.at")
    bodies: list[Any] = []
    page.on(
        "request", lambda request: bodies.append(request.post_data_json) if "acknow" in request.url else None
    )
    door = Door(car=[201], other=[201])
    page = await reopened(modules, door)
    assert await page.evaluate("() => [queue.mine, queue.strange]") == [0, 1]
    await page.evaluate(DO, ["other", "h2"])
    await page.wait_for_function("() => told.length === 1")
    assert door.heard == [("other", "h2")]
    assert await page.evaluate("() => queue.waiting('h1')") == []
    await page.evaluate("() => queue.enter('car')")
    await page.wait_for_function("() => told.length === 2")
    assert door.heard[-1] == ("car", "h1")
    assert bodies[-1]["at"] == done_at
    assert await page.evaluate("() => ({...localStorage})") == {}


async def test_what_waits_names_no_token(modules: Modules) -> None:
    """What outlives the tab holds the id of the hit, and a digest for the token."""
    page = await begun(modules, Door(anpr_secret=[503]))
    await page.evaluate(DO, ["anpr_secret", "h1"])
    stored = await page.evaluate("() => JSON.stringify({...localStorage})")
    assert "h1" in stored
    assert "secret" not in stored


@pytest.mark.parametrize(("days", "told"), [(2, [["expired", 1]]), (9, [])])
async def test_an_act_a_day_old_is_not_sent(modules: Modules, days: int, told: list[Any]) -> None:
    """It is let go with nothing left of the hit; who did it is told at the next sign-in, within a week."""
    page = await begun(modules, Door(car=[503]))
    await page.evaluate(DO, ["car", "h1"])
    door = Door(car=[201], other=[201])
    page = await reopened(modules, door)
    later = f"() => {{ queue.now = () => Date.now() + {days} * 86_400_000; queue.expire(); }}"
    await page.evaluate(later)
    assert "h1" not in await page.evaluate("() => JSON.stringify({...localStorage})")
    await page.evaluate("() => queue.enter('other')")
    assert await page.evaluate("() => told") == []
    await page.evaluate("() => queue.enter('car')")
    assert await page.evaluate("() => told") == told
    assert door.heard == []
    assert await page.evaluate("() => ({...localStorage})") == {}


async def test_clearing_spares_what_others_did(modules: Modules) -> None:
    """Signing out discards the acts that this tab could send, and no others."""
    page = await begun(modules, Door(before=[503]))
    await page.evaluate(DO, ["before", "h1"])
    page = await reopened(modules, Door(after=[503]))
    await page.evaluate(DO, ["after", "h2"])
    await page.evaluate("() => queue.clear()")
    assert await page.evaluate(KEPT) == ["h1"]


async def test_two_tabs_share_what_waits(modules: Modules) -> None:
    """What one tab of a unit sends is gone from the other, and neither loses what the other did."""
    page = await begun(modules, Door(car=[503]))
    await page.evaluate(DO, ["car", "h1"])
    door = Door(car=[201])
    second = await begun(await tab(await page.context.new_page()), door)
    await second.evaluate("() => queue.enter('car')")
    await second.wait_for_function("() => told.length === 1")
    await page.wait_for_function("() => queue.acts.size === 0")
    assert door.heard == [("car", "h1")]


async def test_a_browser_that_keeps_nothing_still_sends(modules: Modules) -> None:
    """An act that cannot be kept is sent all the same, and known as one that needs the tab."""
    door = Door(car=[503, 201])
    page = await begun(modules, door)
    await page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    await page.evaluate(
        "() => { queue.enter('car'); queue.add('h1', 'acknowledgements', { kind: 'take' }); }"
    )
    assert await page.evaluate("() => queue.loose.size") == 1
    await page.clock.fast_forward(LATER_MS)
    await page.wait_for_function("() => told.length === 1")
    assert await page.evaluate("() => queue.loose.size") == 0


async def test_a_record_that_nobody_can_read_is_removed(modules: Modules) -> None:
    """What another version or a fault left behind does not stop the page."""
    await modules.page.evaluate(
        "() => { localStorage.setItem('anpr.act.x', '{'); localStorage.setItem('anpr.act.y', 'null'); }"
    )
    page = await begun(modules, Door())
    assert await page.evaluate("() => [queue.acts.size, localStorage.length]") == [0, 0]
