"""The picture of the live page in the documents: `python -m tests.e2e.screenshot docs/live-page.png`.

It runs the demonstration on a fresh folder, waits until the story has shown an exact, a probable and a
possible hit, and takes the page as it is.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.test_demo import running
from tests.services import chromium

SIZE = {"width": 1280, "height": 940}
STORY_MS = 120_000


async def take(url: str, path: Path) -> None:
    """Open the page, wait for the story, and write the picture."""
    async with chromium.browser() as browser:
        page = await browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")  # type: ignore[arg-type]  # a plain dict is what it takes
        await page.goto(url)
        possible = page.locator(".card[data-tier='possible']")
        await expect(possible.first).to_be_visible(timeout=STORY_MS)
        await page.screenshot(path=path)


def main() -> None:
    path = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as demo:
        asyncio.run(take(demo.told["url"], path))
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
