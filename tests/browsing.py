"""A headless Chromium that looks at the practice page as one person does."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from dreampractice import PracticeDiscord

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TROUBLE: list[str] = []

browser_test = pytest.mark.browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium; script errors and requests to elsewhere fail the test."""
    TROUBLE.clear()
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()
    assert TROUBLE == []


async def look(browser: Browser, discord: PracticeDiscord, who: str, width: int = 900) -> Page:
    """The page as one person sees it."""
    page = await browser.new_page(viewport={"width": width, "height": 700})
    page.set_default_timeout(10_000)
    here = (f"{discord.url}/", "blob:", "data:")
    page.on("pageerror", lambda error: TROUBLE.append(str(error)))
    page.on("request", lambda request: request.url.startswith(here) or TROUBLE.append(request.url))
    await page.goto(f"{discord.url}/?as={who}")
    await expect(page.get_by_label("you are")).to_have_value(who)
    return page
