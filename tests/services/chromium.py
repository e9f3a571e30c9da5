"""Debian's Chromium, driven by Playwright. Nothing is downloaded."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.services import loopback

# A sandbox of its own needs rights that root and containers do not give. The rest keeps the
# browser from talking to anybody but the service under test.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser with a fresh profile; it ends with the context."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=executable(), args=_ARGUMENTS)
        try:
            yield running
        finally:
            await running.close()


def executable() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    raise loopback.NotThereError("Chromium is missing; Debian's package chromium has it")
