"""The live page in a real browser, as a crew sees it; it keeps whatever the browser complains of."""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import ConsoleMessage, Error, Locator, Page, expect

WAIT_MS = 20_000
AWAY = "net::ERR_"
"""How the console begins its words about a service that is not there: no fault of the page."""


@dataclass
class Screen:
    """One page of one browser."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        expect.set_options(timeout=WAIT_MS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", self._broke)

    async def sign_in(self, token: str, callsign: str = "HERTS CH-32") -> None:
        """Open the page and sign in by hand, as a crew does."""
        await self.page.goto(self.url)
        await self.page.get_by_label("Your unit's token").fill(token)
        await self.page.get_by_label("Callsign").fill(callsign)
        await self.page.get_by_role("button", name="Sign in").click()

    async def live(self) -> None:
        """Wait until the page says that its link is live."""
        await expect(self.page.locator("#state-word")).to_have_text("Live")

    def card(self, plate: str) -> Locator:
        """The cards whose big plate is this one."""
        return self.page.locator(".card", has=self.page.locator(".plate-face", has_text=plate))

    async def run(self, script: str, argument: Any = None) -> Any:
        """The value of a JavaScript function, which may be async."""
        return await self.page.evaluate(script, argument)

    def refused(self) -> None:
        """Take back what the browser said of an answer 401, which the test meant to get."""
        told = [complaint for complaint in self.complaints if "status of 401" in complaint]
        assert told
        self.complaints = [complaint for complaint in self.complaints if complaint not in told]

    def silent(self) -> None:
        """Assert that the browser had nothing to complain of: no error, no breach of the policy."""
        assert self.complaints == []

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and AWAY not in message.text:
            self.complaints.append(message.text)

    def _broke(self, error: Error) -> None:
        self.complaints.append(str(error))
